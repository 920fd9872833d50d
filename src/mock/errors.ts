import { catalogue } from '@alongside/kernel/errors';

const developer = { actor: 'developer' } as const;
const request = { ...developer, status: 400, code: 'invalid_request' } as const;
const keycloak = 'Keycloak, OpenID Connect endpoints';

/** Errors of the realms and of keys that testers add. */
export const errors = catalogue('mock', {
  realmUnknown: {
    ...developer,
    status: 404,
    code: 'not_found',
    description: 'There is no realm of this name. Realms are Cis2-mock-... and NHS-Login-mock-...',
    source: keycloak,
    fix: 'Name a realm Cis2-mock-... or NHS-Login-mock-....',
  },
  requestMalformed: {
    ...request,
    description: 'The request is not well-formed.',
    source: 'RFC 6749 section 3.1',
    fix: 'Send well-formed percent-encoded parameters.',
  },
  repeated: {
    ...request,
    description: 'A parameter is repeated.',
    source: 'RFC 6749 section 3.1',
    fix: 'Send each parameter once.',
  },
  networkBusy: {
    ...developer,
    status: 429,
    code: 'temporarily_unavailable',
    description: 'Too many failed proofs from this network. Try again in a minute.',
    source: 'RFC 6585 section 4',
    fix: 'Wait a minute, and correct the secret or the assertion.',
  },
  clientUnknown: {
    ...request,
    description: 'No client of the mock has this client_id.',
    source: 'RFC 6749 section 4.1.2.1',
    fix: 'Send the client_id of a client of the mock: GET /mock-jwks/keycloak-client-credentials.',
  },
  redirectInvalid: {
    ...request,
    description: 'The redirect_uri is missing or not registered for this client.',
    source: 'RFC 6749 section 4.1.2.1',
    fix: 'Send a registered redirect_uri, character for character.',
  },
  responseType: {
    ...request,
    code: 'unsupported_response_type',
    redirect: true,
    description: 'The response_type must be code.',
    source: 'RFC 6749 section 4.1.2.1',
    fix: 'Set response_type to code.',
  },
  responseMode: {
    ...request,
    redirect: true,
    description: 'The response_mode must be query or form_post.',
    source: 'OAuth 2.0 Multiple Response Type Encoding Practices section 2.1',
    fix: 'Set response_mode to query or form_post.',
  },
  challenge: {
    ...request,
    redirect: true,
    description: 'The code challenge must be one of S256.',
    source: 'RFC 7636 section 4.4.1',
    fix: 'Send code_challenge as the base64url of a SHA-256, with code_challenge_method=S256.',
  },
  directoryUnreachable: {
    actor: 'operator',
    status: 503,
    code: 'temporarily_unavailable',
    description: 'The directory of CIS does not answer.',
    source: 'RFC 9110 section 15.6.4',
    fix: 'Start CIS, or check that this process reaches its address.',
  },
  clientUnauthenticated: {
    ...developer,
    status: 401,
    code: 'invalid_client',
    description: 'Invalid client or Invalid client credentials',
    source: 'RFC 6749 section 5.2',
    fix: 'Send the client_id and client_secret of a client of the mock.',
  },
  grantMissing: {
    ...request,
    description: 'Missing form parameter: grant_type',
    source: keycloak,
    fix: 'Add grant_type.',
  },
  grantUnsupported: {
    ...request,
    code: 'unsupported_grant_type',
    description: 'Unsupported grant_type',
    source: keycloak,
    fix: 'Set grant_type to authorization_code.',
  },
  codeMissing: {
    ...request,
    description: 'Missing parameter: code',
    source: keycloak,
    fix: 'Add code with the authorization code of the callback.',
  },
  codeInvalid: {
    ...request,
    code: 'invalid_grant',
    description: 'Code not valid',
    source: keycloak,
    fix: 'Exchange each code once, within its lifetime.',
  },
  verifierInvalid: {
    ...request,
    code: 'invalid_grant',
    description: 'PKCE verification failed',
    source: 'RFC 7636 section 4.6',
    fix: 'Send the code_verifier whose SHA-256 is the code_challenge.',
  },
  tokenMissing: {
    ...developer,
    status: 401,
    code: 'invalid_request',
    description: 'Token not provided',
    source: 'RFC 6750 section 3.1',
    fix: 'Send Authorization: Bearer with the access token.',
  },
  tokenInvalid: {
    ...developer,
    status: 401,
    code: 'invalid_token',
    description: 'Token verification failed',
    source: 'RFC 6750 section 3.1',
    fix: 'Send an unexpired access token of this realm.',
  },
  keyUnusable: {
    ...request,
    description: 'The key must be a public RSA or EC key for signatures, with a kid of 1 to 256 characters.',
    source: 'RFC 7517 section 4',
    fix: 'Send a public RSA or EC key for signatures, with a kid of 1 to 256 characters.',
  },
  keysFull: {
    ...developer,
    status: 409,
    code: 'too_many_keys',
    description: 'The realm holds 50 keys of testers. Remove one first.',
    source: 'RFC 9110 section 15.5.10',
    fix: 'Remove a key of the realm first.',
  },
});

const key = { actor: 'developer', status: 401, source: 'Apigee, VerifyAPIKey policy' } as const;

/** Errors of `/mock-jwks`. The codes of API keys are those of Apigee. */
export const keySetErrors = catalogue('mock', {
  apiKeyMissing: {
    ...key,
    code: 'steps.oauth.v2.FailedToResolveAPIKey',
    description: 'Failed to resolve API Key variable request.header.apikey',
    fix: 'Add the header apikey.',
  },
  apiKeyInvalid: {
    ...key,
    code: 'oauth.v2.InvalidApiKey',
    description: 'Invalid ApiKey',
    fix: 'Send the API key of an approved application in the header apikey.',
  },
  apiKeyWithoutProduct: {
    ...key,
    code: 'oauth.v2.InvalidApiKeyForGivenResource',
    description: 'Invalid ApiKey for given resource',
    fix: 'Add a product that holds mock-jwks to the application.',
  },
  statusKey: {
    ...key,
    code: 'steps.raisefault.RaiseFault',
    description: 'Invalid Api Key',
    fix: 'Send the key that GET /mock-jwks/status-endpoint-api-key returns in the header apikey.',
  },
  keySetMalformed: {
    actor: 'developer',
    status: 400,
    code: 'messaging.adaptors.http.flow.BadRequest',
    description: 'The path must be the base64url of a JWK set of at most 64 KiB',
    source: 'RFC 7517 section 5',
    fix: 'Send the base64url of a JWK set of at most 64 KiB in the path.',
  },
});
