import { secretFits } from '../../applications.ts';
import type { ClientAuthenticationMethod } from './method.ts';

/** `client_secret_post` (RFC 6749 section 2.3.1). */
export const secretPost: ClientAuthenticationMethod = {
  ids: ['client_secret_post'],
  place: 'secret',
  failure: 'clientUnauthenticated',
  isUsed: ({ parameters }) => parameters.has('client_secret'),
  claimedClient: ({ parameters }) => parameters.get('client_id'),
  async verify({ parameters }, { registration }, { clock }) {
    const secret = parameters.get('client_secret') ?? '';
    return secretFits(registration, secret, clock.now())
      ? undefined
      : 'the secret is not the client’s, or has expired';
  },
};
