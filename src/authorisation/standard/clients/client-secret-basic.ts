import { secretFits } from '../../../oauth/applications.ts';
import { readBasic } from '../../../oauth/basic.ts';
import type { ClientMethod } from './method.ts';

/** The secret in the header (RFC 6749 section 2.3.1). */
export const clientSecretBasic: ClientMethod = {
  name: 'client_secret_basic',
  matches: ({ request }) => request.headers.authorization !== undefined,
  clientId({ request, parameters }) {
    const named = parameters.get('client_id');
    const claimed = readBasic(request.headers.authorization)?.clientId;
    return named === undefined || named === claimed ? claimed : undefined;
  },
  async fault(half, { request }, _base, { clock }) {
    const secret = readBasic(request.headers.authorization)?.secret ?? '';
    return secretFits(half, secret, clock.now())
      ? undefined
      : 'the secret is none of the client, or has expired';
  },
};
