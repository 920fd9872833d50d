import { registeredKeys } from '../../../oauth/key-source.ts';
import { readCertificate, selfSignedFault } from '../../../oauth/mutual-tls.ts';
import { FetchError } from '../../../oauth/safe-fetch.ts';
import { type ClientMethod, namesOnly } from './method.ts';

/** A certificate that stands in the client's own key set (RFC 8705 section 2.2). */
export const selfSignedTlsClientAuth: ClientMethod = {
  name: 'self_signed_tls_client_auth',
  matches: namesOnly,
  clientId: ({ parameters }) => parameters.get('client_id'),
  async fault(half, { request }, _base, { clock, clientKeys }) {
    const presented = readCertificate(request.certificate);
    if (!presented) return 'no client certificate came with the connection';
    try {
      return selfSignedFault(presented, await registeredKeys(half, clientKeys), { clock });
    } catch (error) {
      if (error instanceof FetchError) return `${half.jwksUrl} cannot be read: ${error.message}`;
      throw error;
    }
  },
};
