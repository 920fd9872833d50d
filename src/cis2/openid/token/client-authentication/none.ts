import { tokenErrors } from '../../../errors/token.ts';
import type { ClientAuthenticationMethod } from './method.ts';

/** A public client: it names itself and proves nothing; PKCE binds its codes (RFC 9700 section 2.1.1). */
export const none: ClientAuthenticationMethod = {
  ids: ['none'],
  isUsed: ({ request, parameters }) =>
    request.headers.authorization === undefined &&
    request.certificate === undefined &&
    !parameters.has('client_secret') &&
    !parameters.has('client_assertion') &&
    parameters.has('client_id'),
  claimedClient: ({ parameters }) => parameters.get('client_id'),
  refuse: (detail) => tokenErrors.clientUnauthenticated(detail),
  prove: async () => undefined,
};
