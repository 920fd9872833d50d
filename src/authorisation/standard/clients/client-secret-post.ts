import { secretFits } from '../../../oauth/applications.ts';
import type { ClientMethod } from './method.ts';

/** The secret in the form (RFC 6749 section 2.3.1). */
export const clientSecretPost: ClientMethod = {
  name: 'client_secret_post',
  matches: ({ parameters }) => parameters.has('client_secret'),
  clientId: ({ parameters }) => parameters.get('client_id'),
  async fault(half, { parameters }, _base, { clock }) {
    const secret = parameters.get('client_secret');
    if (secret === undefined) return 'client_secret is empty';
    return secretFits(half, secret, clock.now())
      ? undefined
      : 'the secret is none of the client, or has run out';
  },
};
