import { catalogue } from '@alongside/kernel/errors';

const request = { status: 400, code: 'invalid_request' } as const;
const keycloak = 'Keycloak, OpenID Connect endpoints';

/** Errors of the realms and of keys that testers add. */
export const errors = catalogue('mock', {
  realmUnknown: {
    status: 404,
    code: 'not_found',
    description: 'There is no realm of this name. Realms are Cis2-mock-... and NHS-Login-mock-...',
    source: keycloak,
    expected: 'a realm whose name begins with Cis2-mock- or NHS-Login-mock-',
    fix: 'Name a realm Cis2-mock-... or NHS-Login-mock-....',
  },
  requestMalformed: {
    ...request,
    description: 'The request is not well-formed.',
    source: 'RFC 6749 section 3.1',
    expected: 'well-formed percent-encoded parameters',
  },
  repeated: {
    ...request,
    description: 'A parameter is repeated.',
    source: 'RFC 6749 section 3.1',
    expected: 'each parameter once',
  },
  networkBusy: {
    status: 429,
    code: 'temporarily_unavailable',
    description: 'Too many failed proofs from this network. Try again in a minute.',
    source: 'RFC 6585 section 4',
    expected: 'fewer failed proofs of one network',
    fix: 'Wait a minute, and correct the secret or the assertion.',
  },
  clientUnknown: {
    ...request,
    description: 'No client of the mock has this client_id.',
    source: 'RFC 6749 section 4.1.2.1',
    expected: 'the client_id of a client of the mock',
    fix: 'Send the client_id of a client of the mock: GET /mock-jwks/keycloak-client-credentials.',
  },
  redirectInvalid: {
    ...request,
    description: 'The redirect_uri is missing or not registered for this client.',
    source: 'RFC 6749 section 4.1.2.1',
    expected: 'a registered redirect_uri, character for character',
  },
  responseType: {
    ...request,
    code: 'unsupported_response_type',
    redirect: true,
    description: 'The response_type must be code.',
    source: 'RFC 6749 section 4.1.2.1',
    expected: 'code',
    fix: 'Set response_type to code.',
  },
  responseMode: {
    ...request,
    redirect: true,
    description: 'The response_mode must be query or form_post.',
    source: 'OAuth 2.0 Multiple Response Type Encoding Practices section 2.1',
    expected: 'query or form_post',
    fix: 'Set response_mode to query or form_post.',
  },
  challenge: {
    ...request,
    redirect: true,
    description: 'The code challenge must be one of S256.',
    source: 'RFC 7636 section 4.4.1',
    expected: 'the base64url of a SHA-256, with the method S256',
    fix: 'Send code_challenge as the base64url of a SHA-256, with code_challenge_method=S256.',
  },
  directoryUnreachable: {
    actor: 'operator',
    status: 503,
    code: 'temporarily_unavailable',
    description: 'The directory of CIS does not answer.',
    source: 'RFC 9110 section 15.6.4',
    expected: 'a response of CIS',
    fix: 'Start CIS, or check that this process reaches its address.',
  },
  clientUnauthenticated: {
    status: 401,
    code: 'invalid_client',
    description: 'Invalid client or Invalid client credentials',
    source: 'RFC 6749 section 5.2',
    expected: 'the client_id and the secret of a client of the mock',
    fix: 'Send the client_id and client_secret of a client of the mock.',
  },
  grantMissing: {
    ...request,
    description: 'Missing form parameter: grant_type',
    source: keycloak,
    expected: 'a grant_type in the form',
    fix: 'Add grant_type.',
  },
  grantUnsupported: {
    ...request,
    code: 'unsupported_grant_type',
    description: 'Unsupported grant_type',
    source: keycloak,
    expected: 'authorization_code',
    fix: 'Set grant_type to authorization_code.',
  },
  codeMissing: {
    ...request,
    description: 'Missing parameter: code',
    source: keycloak,
    expected: 'the code of the callback',
    fix: 'Add code with the authorization code of the callback.',
  },
  codeInvalid: {
    ...request,
    code: 'invalid_grant',
    description: 'Code not valid',
    source: keycloak,
    expected: 'an unused, unexpired code',
    fix: 'Exchange each code once, within its lifetime.',
  },
  verifierInvalid: {
    ...request,
    code: 'invalid_grant',
    description: 'PKCE verification failed',
    source: 'RFC 7636 section 4.6',
    expected: 'the code_verifier whose SHA-256 is the code_challenge',
  },
  tokenMissing: {
    status: 401,
    code: 'invalid_request',
    description: 'Token not provided',
    source: 'RFC 6750 section 3.1',
    expected: 'Authorization: Bearer with an access token',
    fix: 'Send Authorization: Bearer with the access token.',
  },
  tokenInvalid: {
    status: 401,
    code: 'invalid_token',
    description: 'Token verification failed',
    source: 'RFC 6750 section 3.1',
    expected: 'an unexpired access token of this realm',
  },
  keyUnusable: {
    ...request,
    description: 'The key must be a public RSA or EC key for signatures, with a kid of 1 to 256 characters.',
    source: 'RFC 7517 section 4',
    expected: 'a public RSA or EC key for signatures, with a kid of 1 to 256 characters',
  },
  keysFull: {
    status: 409,
    code: 'too_many_keys',
    description: 'The realm holds 50 keys of testers. Remove one first.',
    source: 'RFC 9110 section 15.5.10',
    expected: 'at most 50 keys of testers',
    fix: 'Remove a key of the realm first.',
  },
});

const key = { status: 401, source: 'Apigee, VerifyAPIKey policy' } as const;

/** Errors of `/mock-jwks`. The codes of API keys are those of Apigee. */
export const keySetErrors = catalogue('mock', {
  apiKeyMissing: {
    ...key,
    code: 'steps.oauth.v2.FailedToResolveAPIKey',
    description: 'Failed to resolve API Key variable request.header.apikey',
    expected: 'a header apikey',
    fix: 'Add the header apikey.',
  },
  apiKeyInvalid: {
    ...key,
    code: 'oauth.v2.InvalidApiKey',
    description: 'Invalid ApiKey',
    expected: 'the API key of an approved application',
    fix: 'Send the API key of an approved application in the header apikey.',
  },
  apiKeyWithoutProduct: {
    ...key,
    code: 'oauth.v2.InvalidApiKeyForGivenResource',
    description: 'Invalid ApiKey for given resource',
    expected: 'an application with a product of mock-jwks',
    fix: 'Add a product that holds mock-jwks to the application.',
  },
  statusKey: {
    ...key,
    code: 'steps.raisefault.RaiseFault',
    description: 'Invalid Api Key',
    expected: 'the key of GET /mock-jwks/status-endpoint-api-key',
    fix: 'Send the key that GET /mock-jwks/status-endpoint-api-key returns in the header apikey.',
  },
  keySetMalformed: {
    status: 400,
    code: 'messaging.adaptors.http.flow.BadRequest',
    description: 'The path must be the base64url of a JWK set of at most 64 KiB',
    source: 'RFC 7517 section 5',
    expected: 'the base64url of a JWK set of at most 64 KiB',
    fix: 'Send the base64url of a JWK set of at most 64 KiB in the path.',
  },
});
