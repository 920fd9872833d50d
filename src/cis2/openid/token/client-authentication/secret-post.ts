import type { Clock } from '@alongside/kernel/clock';
import { secretFits } from '../../../../oauth/applications.ts';
import { tokenErrors } from '../../../errors/token.ts';
import type { ClientAuthenticationMethod } from './method.ts';

/** `client_secret_post` (RFC 6749 section 2.3.1). */
export const secretPost = (clock: Clock): ClientAuthenticationMethod => ({
  ids: ['client_secret_post'],
  isUsed: ({ parameters }) => parameters.has('client_secret'),
  claimedClient: ({ parameters }) => parameters.get('client_id'),
  refuse: (detail) => tokenErrors.clientUnauthenticated(detail),
  async prove({ parameters }, { client }) {
    const secret = parameters.get('client_secret') ?? '';
    if (!secretFits(client, secret, clock.now()))
      throw tokenErrors.clientUnauthenticated('the secret is not the client’s, or it has run out');
  },
});
