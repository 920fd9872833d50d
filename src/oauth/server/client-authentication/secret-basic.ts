import { secretFits } from '../../applications.ts';
import { readBasic } from '../../basic.ts';
import type { ClientAuthenticationMethod } from './method.ts';

/** `client_secret_basic` (RFC 6749 section 2.3.1). */
export const secretBasic: ClientAuthenticationMethod = {
  ids: ['client_secret_basic'],
  place: 'header',
  failure: 'clientUnauthenticated',
  isUsed: ({ request }) => request.headers.authorization !== undefined,
  claimedClient: ({ request }) => readBasic(request.headers.authorization)?.clientId,
  async verify({ request }, { registration }, { clock }) {
    const secret = readBasic(request.headers.authorization)?.secret ?? '';
    return secretFits(registration, secret, clock.now())
      ? undefined
      : 'the secret is not the client’s, or has expired';
  },
};
