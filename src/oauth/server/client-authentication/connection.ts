import { OutboundError } from '@alongside/kernel/outbound';
import { registeredKeys } from '../../key-source.ts';
import { issuedFault, mutualTlsMethods, readCertificate, selfSignedFault } from '../../mutual-tls.ts';
import type { ClientAuthenticationMethod, FormCall } from './method.ts';

/** Whether a request has neither secret nor assertion: the client is public, or authenticates by its connection. */
const hasNoCredentials = ({ request, parameters }: FormCall): boolean =>
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

/**
 * `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705 section 2): the registration decides between them.
 * @param type whether `client_assertion_type` without an assertion is an attempt of another method.
 */
export const mutualTls = (type: 'counts' | 'ignored'): ClientAuthenticationMethod => ({
  ids: mutualTlsMethods,
  place: 'connection',
  failure: 'clientUnauthenticated',
  isUsed: (call) =>
    call.request.certificate !== undefined &&
    hasNoCredentials(call) &&
    (type === 'ignored' || !call.parameters.has('client_assertion_type')),
  read: ({ request, parameters }) => ({
    clientId: parameters.get('client_id'),
    async verify(client, server) {
      const { registration } = client;
      const { clock, clientAuthorities: authorities, clientRevocations: revocations } = server;
      const presented = readCertificate(request.certificate, request.certificateChain);
      if (registration.tokenEndpointAuthMethod === 'tls_client_auth')
        return issuedFault(presented, server.certificateSubjectOf(client), {
          authorities,
          revocations,
          clock,
        });
      try {
        return selfSignedFault(presented, await registeredKeys(registration, server.clientKeys), { clock });
      } catch (error) {
        if (error instanceof OutboundError)
          return `the keys at ${registration.jwksUrl} cannot be read: ${error.message}`;
        throw error;
      }
    },
  }),
});
