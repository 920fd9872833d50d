import { certificateSubjectOf } from '../../../oauth/certificate-subject.ts';
import { issuedFault, readCertificate } from '../../../oauth/mutual-tls.ts';
import { type ClientMethod, namesOnly } from './method.ts';

/** A certificate of a trusted authority, of the registered subject (RFC 8705 section 2.1). The subject is an attribute. */
export const tlsClientAuth: ClientMethod = {
  name: 'tls_client_auth',
  matches: namesOnly,
  clientId: ({ parameters }) => parameters.get('client_id'),
  fault: async (half, { request }, _base, { clock, clientAuthorities, clientRevocations }) =>
    issuedFault(
      readCertificate(request.certificate, request.certificateChain),
      certificateSubjectOf(half.attributes),
      { authorities: clientAuthorities ?? [], revocations: clientRevocations, clock },
    ),
};
