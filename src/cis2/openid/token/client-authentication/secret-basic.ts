import type { Clock } from '@alongside/kernel/clock';
import { secretFits } from '../../../../oauth/applications.ts';
import { readBasic } from '../../../../oauth/basic.ts';
import { tokenErrors } from '../../../errors/token.ts';
import type { ClientAuthenticationMethod } from './method.ts';

/** `client_secret_basic` (RFC 6749 section 2.3.1). */
export const secretBasic = (clock: Clock): ClientAuthenticationMethod => ({
  ids: ['client_secret_basic'],
  isUsed: ({ request }) => request.headers.authorization !== undefined,
  claimedClient: ({ request }) => readBasic(request.headers.authorization)?.clientId,
  refuse: (detail) => tokenErrors.clientUnauthenticated(detail),
  async prove({ request }, { client }) {
    const secret = readBasic(request.headers.authorization)?.secret ?? '';
    if (!secretFits(client, secret, clock.now()))
      throw tokenErrors.clientUnauthenticated('the secret is not the client’s, or it has run out');
  },
});
