import { catalogue } from '@alongside/kernel/errors';

const isa = 'NHSDigital/identity-service-api, proxies/live';
const bad = { code: 'invalid_request', status: 400, actor: 'developer', source: isa } as const;
const unknown = { ...bad, status: 401 } as const;
const denied = { code: 'access_denied', status: 401, actor: 'operator', source: isa } as const;
const back = { status: 302, redirect: true, actor: 'developer', source: isa } as const;
const unsigned = { code: 'public_key error', status: 401, actor: 'developer', source: isa } as const;
const keys = { ...unsigned, status: 403 } as const;
const limited = { code: 'ratelimit_exceeded', status: 429, actor: 'developer', source: isa } as const;

/** Every refusal of the `nhs` profile, in the published words. `{name}` is filled from the refusal's `extra`. */
export const errors = catalogue('authorisation', {
  requestMalformed: { ...bad, description: 'request is malformed', source: 'RFC 6749 section 3.1' },
  parameterRepeated: { ...bad, description: 'parameter is repeated', source: 'RFC 6749 section 3.1' },
  notFound: { ...bad, status: 404, description: 'Not Found' },
  contentType: {
    ...bad,
    status: 415,
    description: 'Content-Type header must be application/x-www-form-urlencoded',
  },
  statusKey: {
    ...denied,
    code: 'Access Denied',
    description: 'Invalid api key for _status monitoring endpoint',
  },
  unexpected: {
    code: 'unknown_error',
    status: 500,
    description:
      'An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: https://digital.nhs.uk/developer/help-and-support quoting Message ID',
    actor: 'operator',
    source: isa,
  },

  // The application.
  clientMissing: { ...unknown, description: 'client_id is missing' },
  clientUnknown: { ...unknown, description: 'client_id is invalid' },
  clientOrSecret: {
    ...unknown,
    code: 'invalid_client',
    description: 'client_id or client_secret is invalid',
  },
  secretMissing: { ...unknown, description: 'client_secret is missing' },
  appNotApproved: {
    ...denied,
    description: 'The developer app associated with the API key is not approved or revoked',
  },
  notSubscribed: {
    ...denied,
    description:
      'API Key supplied does not have access to this resource. Please check the API Key you are using belongs to an app which has sufficient access to access this resource.',
  },
  noScope: {
    ...denied,
    code: 'unauthorized_client',
    description:
      'you have tried to request authorization but your application is not configured to use this authorization grant type',
  },
  quota: {
    ...limited,
    description:
      'Your application, {application}, has exceeded its quota of {limit} requests every {interval} {timeunit}(s) and is being rate limited.',
  },
  spikeArrest: {
    ...limited,
    description:
      'Your application, {application}, has created a spike in traffic and is being rate limited. Please reduce the frequency of your requests.',
  },

  // Authorization requests.
  redirectMissing: { ...bad, description: 'redirect_uri is missing' },
  redirectUnknown: { ...bad, description: 'redirect_uri is invalid' },
  stateMissing: { ...back, code: 'invalid_request', description: 'state is missing' },
  responseTypeMissing: { ...back, code: 'invalid_request', description: 'response_type is missing' },
  responseTypeInvalid: {
    ...back,
    code: 'unsupported_response_type',
    description: 'response_type is invalid',
  },
  challengeInvalid: {
    ...back,
    code: 'invalid_request',
    description: 'code_challenge is invalid',
    source: 'RFC 7636 section 4.2',
  },
  challengeMethod: {
    ...back,
    code: 'invalid_request',
    description: 'code_challenge_method is invalid',
    source: 'RFC 7636 section 4.4.1',
  },
  upstreamFailed: {
    ...back,
    code: 'server_error',
    description: 'The identity provider did not complete the sign in',
    actor: 'operator',
    source: 'RFC 6749 section 4.1.2.1',
  },

  // The provider's answer.
  stateInvalid: { ...bad, description: 'Invalid state parameter.' },
  externalMalformed: { ...bad, description: 'Malformed JWT in External ID token', actor: 'operator' },
  externalAudience: {
    ...bad,
    description: "Invalid 'aud' claim in external ID token JWT",
    actor: 'operator',
  },
  externalIssuer: { ...bad, description: 'Invalid iss claim in external ID token JWT', actor: 'operator' },
  externalKid: {
    ...unknown,
    description: "Invalid 'kid' header in external ID token JWT - no matching public key",
    actor: 'operator',
  },
  externalExpired: {
    ...bad,
    description: "Invalid 'exp' claim in external ID token JWT - JWT has expired",
    actor: 'operator',
    source: 'OpenID Connect Core section 3.1.3.7',
  },
  externalNonce: {
    ...bad,
    description: "Invalid 'nonce' claim in external ID token JWT",
    actor: 'operator',
    source: 'OpenID Connect Core section 3.1.3.7',
  },
  signatureInvalid: { ...unsigned, description: 'JWT signature verification failed' },

  // Token requests.
  grantMissing: { ...bad, description: 'grant_type is missing' },
  grantUnsupported: { ...bad, code: 'unsupported_grant_type', description: 'grant_type is invalid' },
  grantInvalid: { ...bad, description: 'grant_type is invalid' },
  codeMissing: { ...bad, description: 'authorization_code is missing' },
  codeInvalid: { ...bad, code: 'invalid_grant', description: 'authorization_code is invalid' },
  refreshMissing: { ...bad, description: 'refresh_token is missing' },
  refreshInvalid: { ...unknown, code: 'invalid_grant', description: 'refresh_token is invalid' },
  refreshExpired: {
    ...unknown,
    code: 'invalid_grant',
    description: 'refresh token refresh period has expired',
    actor: 'user',
  },

  // Client assertions.
  assertionType: {
    ...bad,
    description:
      "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
  },
  assertionMissing: { ...bad, description: 'Missing client_assertion' },
  assertionMalformed: { ...bad, description: 'Malformed JWT in client_assertion' },
  assertionAlgorithm: {
    ...bad,
    description: "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'",
  },
  assertionExpired: { ...bad, description: "Invalid 'exp' claim in client_assertion JWT - JWT has expired" },
  assertionKidMissing: { ...bad, description: "Missing 'kid' header in client_assertion JWT" },
  assertionTyp: { ...bad, description: "Invalid 'typ' header in client_assertion JWT - must be 'JWT'" },
  assertionExpMissing: { ...bad, description: "Missing 'exp' claim in client_assertion JWT" },
  assertionExpInvalid: {
    ...bad,
    description: "Invalid 'exp' claim in client_assertion JWT - must be an integer",
  },
  assertionIssuer: {
    ...bad,
    description: "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT",
  },
  assertionJtiMissing: { ...bad, description: "Missing 'jti' claim in client_assertion JWT" },
  assertionJtiInvalid: {
    ...bad,
    description: "Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID",
  },
  assertionJtiUsed: { ...bad, description: "Non-unique 'jti' claim in client_assertion JWT" },
  assertionExpFar: {
    ...bad,
    description: "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future",
  },
  assertionSubject: { ...unknown, description: "Invalid 'iss'/'sub' claims in client_assertion JWT" },
  assertionNoKey: {
    ...keys,
    description:
      'You need to register a public key to use this authentication method - please contact support to configure',
  },
  assertionKeysUnreachable: {
    ...keys,
    description: "The JWKS endpoint, for your client_assertion can't be reached",
  },
  assertionKid: {
    ...unknown,
    description: "Invalid 'kid' header in client_assertion JWT - no matching public key",
  },
  assertionAudience: { ...unknown, description: "Missing or invalid 'aud' claim in client_assertion JWT" },
  assertionEarly: {
    ...bad,
    description: "Invalid 'nbf' claim in client_assertion JWT - not yet valid",
    source: 'RFC 7519 section 4.1.5',
  },

  // Subject tokens, and the actor tokens inside them.
  subjectType: {
    ...bad,
    description:
      "missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
  },
  subjectMissing: { ...bad, description: 'Missing subject_token' },
  subjectMalformed: { ...bad, description: 'Malformed JWT in subject_token' },
  subjectKidMissing: { ...bad, description: "Missing 'kid' header in subject_token JWT" },
  subjectTyp: { ...bad, description: "Invalid 'typ' header in subject_token JWT - must be 'JWT'" },
  subjectAlgMissing: { ...bad, description: "Missing 'alg' header in subject_token JWT" },
  subjectExpMissing: { ...bad, description: "Missing 'exp' claim in subject_token JWT" },
  subjectExpInvalid: { ...bad, description: "Invalid 'exp' claim in subject_token JWT - must be an integer" },
  subjectExpired: {
    ...bad,
    description: "Invalid 'exp' claim in subject_token JWT - JWT has expired",
    actor: 'user',
  },
  subjectIssMissing: { ...bad, description: "Missing 'iss' claim in subject_token JWT" },
  subjectAudMissing: { ...unknown, description: "Missing 'aud' claim in subject_token JWT" },
  subjectIssuer: { ...bad, description: "Missing or non-matching 'iss' claim in subject_token JWT" },
  subjectKid: {
    ...unknown,
    description: "Invalid 'kid' header in subject_token JWT - no matching public key",
  },
  subjectAudience: {
    ...unknown,
    description: "Missing or invalid 'aud' claim in subject_token JWT",
    source: 'RFC 8693 section 5',
  },
  subjectSession: {
    ...bad,
    description: "Invalid 'sid' claim in subject_token JWT - session has ended",
    actor: 'user',
    source: 'OpenID Connect Back-Channel Logout section 2.7',
  },
  actorMalformed: { ...bad, description: 'act.sub JWT is corrupt or unparseable' },
  actorKidMissing: { ...bad, description: "Missing 'kid' header in act.sub JWT" },
  actorTyp: { ...bad, description: "Invalid 'typ' header in act.sub JWT - must be 'JWT'" },
  actorAlgMissing: { ...bad, description: "Missing 'alg' header in act.sub JWT" },
  actorExpMissing: { ...bad, description: "Missing 'exp' claim in act.sub JWT" },
  actorExpInvalid: { ...bad, description: "Invalid 'exp' claim in act.sub JWT - must be an integer" },
  actorExpired: {
    ...bad,
    description: "Invalid 'exp' claim in act.sub JWT - JWT has expired",
    source: 'RFC 7519 section 4.1.4',
  },
  actorIssMissing: { ...bad, description: "Missing 'iss' claim in act.sub JWT" },
  actorAudMissing: { ...bad, description: "Missing 'aud' claim in act.sub JWT" },
  actorNumberMissing: { ...bad, description: "Missing 'nhs_number' claim in act.sub JWT" },
  actorIssuer: {
    ...unknown,
    description: "Missing or non-matching 'iss' claim in act.sub JWT",
    source: 'RFC 8693 section 5',
  },
  actorKid: {
    ...unknown,
    description: "Invalid 'kid' header in act.sub JWT - no matching public key",
    source: 'RFC 8693 section 5',
  },

  // Userinfo and back-channel logout.
  userinfoToken: {
    code: 'unknown_error',
    status: 401,
    description:
      'An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: https://digital.nhs.uk/developer/help-and-support quoting Message ID',
    actor: 'developer',
    source: isa,
  },
  userinfoPattern: {
    ...bad,
    description:
      'The Userinfo endpoint is only supported for Combined Auth integrations. Currently this is only for NHS CIS2 authentications - for more guidance see https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/user-restricted-restful-apis-nhs-cis2-combined-authentication-and-authorisation',
  },
  logoutMalformed: { ...bad, description: 'Malformed JWT in logout_token', actor: 'operator' },
  logoutUnverified: { ...bad, code: 'bad_request', description: 'Unable to verify JWT', actor: 'operator' },
  logoutAudience: { ...bad, description: 'Missing/invalid aud claim in JWT', actor: 'operator' },
  logoutIssuer: { ...bad, description: 'Missing/invalid iss claim in JWT', actor: 'operator' },
  logoutSid: { ...bad, description: 'Missing sid claim in JWT', actor: 'operator' },
  logoutEvents: { ...bad, description: 'Missing/invalid events claim in JWT', actor: 'operator' },
  logoutNonce: { ...bad, description: 'Prohibited nonce claim in JWT', actor: 'operator' },
  logoutUnknown: {
    ...bad,
    code: 'not_implemented',
    status: 501,
    description: 'SID not found',
    actor: 'operator',
  },
  logoutFailed: {
    ...bad,
    code: 'not_implemented',
    status: 501,
    description: 'Logout Failed',
    actor: 'operator',
  },
});
