import type { ClientAuthenticationMethod, FormCall } from './method.ts';

/** Whether a request has neither secret nor assertion: the client is public, or authenticates by its connection. */
export const hasNoCredentials = ({ request, parameters }: FormCall): boolean =>
  request.headers.authorization === undefined &&
  !parameters.has('client_secret') &&
  !parameters.has('client_assertion');

/**
 * A public client: it names itself, and PKCE binds its codes (RFC 9700 section 2.1.1).
 * @param certificate whether it may show a client certificate, to which its tokens can be bound.
 */
export const none = (certificate: 'allowed' | 'refused'): ClientAuthenticationMethod => ({
  ids: ['none'],
  place: 'connection',
  failure: 'clientUnauthenticated',
  isUsed: (call) =>
    hasNoCredentials(call) &&
    call.parameters.has('client_id') &&
    (certificate === 'allowed' || call.request.certificate === undefined),
  read: ({ parameters }) => ({ clientId: parameters.get('client_id'), verify: () => undefined }),
});
