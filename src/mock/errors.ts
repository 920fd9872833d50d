import { catalogue } from '@alongside/kernel/errors';

const developer = { actor: 'developer' } as const;
const request = { ...developer, status: 400, code: 'invalid_request' } as const;
const keycloak = 'Keycloak, OpenID Connect endpoints';

/** The mock's realms, and the keys that testers bring. */
export const errors = catalogue('mock', {
  realmUnknown: {
    ...developer,
    status: 404,
    code: 'not_found',
    description: 'There is no realm of this name. Realms are Cis2-mock-... and NHS-Login-mock-...',
    source: keycloak,
  },
  requestMalformed: {
    ...request,
    description: 'The request is not well-formed.',
    source: 'RFC 6749 section 3.1',
  },
  repeated: { ...request, description: 'A parameter came more than once.', source: 'RFC 6749 section 3.1' },
  clientUnknown: {
    ...request,
    description: 'No client of the mock has this client_id.',
    source: 'RFC 6749 section 4.1.2.1',
  },
  redirectInvalid: {
    ...request,
    description: 'The redirect_uri is missing or not registered for this client.',
    source: 'RFC 6749 section 4.1.2.1',
  },
  responseType: {
    ...request,
    code: 'unsupported_response_type',
    redirect: true,
    description: 'The response_type must be code.',
    source: 'RFC 6749 section 4.1.2.1',
  },
  responseMode: {
    ...request,
    redirect: true,
    description: 'The response_mode must be query or form_post.',
    source: 'OAuth 2.0 Multiple Response Type Encoding Practices section 2.1',
  },
  challenge: {
    ...request,
    redirect: true,
    description: 'The code challenge must be one of S256.',
    source: 'RFC 7636 section 4.4.1',
  },
  directoryUnreachable: {
    actor: 'operator',
    status: 503,
    code: 'temporarily_unavailable',
    description: 'The directory of CIS does not answer.',
    source: 'RFC 9110 section 15.6.4',
  },
  clientUnauthenticated: {
    ...developer,
    status: 401,
    code: 'invalid_client',
    description: 'Invalid client or Invalid client credentials',
    source: 'RFC 6749 section 5.2',
  },
  grantMissing: { ...request, description: 'Missing form parameter: grant_type', source: keycloak },
  grantUnsupported: {
    ...request,
    code: 'unsupported_grant_type',
    description: 'Unsupported grant_type',
    source: keycloak,
  },
  codeMissing: { ...request, description: 'Missing parameter: code', source: keycloak },
  codeInvalid: { ...request, code: 'invalid_grant', description: 'Code not valid', source: keycloak },
  verifierInvalid: {
    ...request,
    code: 'invalid_grant',
    description: 'PKCE verification failed',
    source: 'RFC 7636 section 4.6',
  },
  tokenMissing: {
    ...developer,
    status: 401,
    code: 'invalid_request',
    description: 'Token not provided',
    source: 'RFC 6750 section 3.1',
  },
  tokenInvalid: {
    ...developer,
    status: 401,
    code: 'invalid_token',
    description: 'Token verification failed',
    source: 'RFC 6750 section 3.1',
  },
  keyUnusable: {
    ...request,
    description: 'The key must be a public RSA or EC key for signatures, with a kid of 1 to 256 characters.',
    source: 'RFC 7517 section 4',
  },
  keysFull: {
    ...developer,
    status: 409,
    code: 'too_many_keys',
    description: 'The realm holds 50 keys of testers. Remove one first.',
    source: 'RFC 9110 section 15.5.10',
  },
});
