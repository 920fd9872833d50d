import { catalogue } from '@alongside/kernel/errors';
import { assertionErrors } from './errors/assertion.ts';
import { back, bad, denied, limited, unexpected, unknown, unsigned } from './errors/kinds.ts';
import { subjectErrors } from './errors/subject.ts';

const strictLogout = {
  ...bad,
  actor: 'operator',
  source: 'OpenID Connect Back-Channel Logout section 2.4',
} as const;

/** Every refusal of the `nhs` profile, in the published words. `{name}` is filled from the refusal's `extra`. */
export const errors = catalogue('authorisation', {
  requestMalformed: { ...bad, description: 'request is malformed', source: 'RFC 6749 section 3.1' },
  bodyTooLarge: {
    ...bad,
    status: 413,
    description: 'request is too large',
    source: 'RFC 9110 section 15.5.14',
  },
  headersTooLarge: {
    ...bad,
    status: 431,
    description: 'headers are too large',
    source: 'RFC 6585 section 5',
  },
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
  unexpected: { ...unexpected, status: 500, actor: 'operator' },

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
  companyInactive: {
    ...denied,
    description:
      'The company associated with the developer app that has the API key you are using has an inactive status',
  },
  developerInactive: {
    ...denied,
    description:
      'The developer who created the developer app that has the API key you are using has an inactive status',
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
  busyQuota: {
    ...limited,
    actor: 'operator',
    description: 'This API is currently receiving a high volume of requests and is being rate limited.',
  },
  busySpikeArrest: {
    ...limited,
    actor: 'operator',
    description: 'This API is currently receiving a high volume of requests and is being rate limited.',
  },
  networkBusy: {
    ...limited,
    description: 'This API is currently receiving a high volume of requests and is being rate limited.',
    source: 'RFC 6585 section 4',
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

  ...assertionErrors,
  ...subjectErrors,

  // Userinfo and back-channel logout.
  userinfoToken: { ...unexpected, status: 401, actor: 'developer' },
  userinfoPattern: {
    ...bad,
    description:
      'The Userinfo endpoint is only supported for Combined Auth integrations. Currently this is only for NHS CIS2 authentications - for more guidance see https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/user-restricted-restful-apis-nhs-cis2-combined-authentication-and-authorisation',
  },
  logoutSource: {
    ...denied,
    status: 403,
    description: 'Access Denied for client ip',
    actor: 'operator',
    source: 'Apigee, AccessControl policy',
  },
  logoutMalformed: { ...bad, description: 'Malformed JWT in logout_token', actor: 'operator' },
  logoutUnverified: { ...bad, code: 'bad_request', description: 'Unable to verify JWT', actor: 'operator' },
  logoutAudience: { ...bad, description: 'Missing/invalid aud claim in JWT', actor: 'operator' },
  logoutIssuer: { ...bad, description: 'Missing/invalid iss claim in JWT', actor: 'operator' },
  logoutSid: { ...bad, description: 'Missing sid claim in JWT', actor: 'operator' },
  logoutEvents: { ...bad, description: 'Missing/invalid events claim in JWT', actor: 'operator' },
  logoutNonce: { ...bad, description: 'Prohibited nonce claim in JWT', actor: 'operator' },
  logoutType: { ...strictLogout, description: 'Missing/invalid typ header in JWT' },
  logoutExp: { ...strictLogout, description: 'Missing/invalid exp claim in JWT' },
  logoutIat: { ...strictLogout, description: 'Missing/invalid iat claim in JWT' },
  logoutJti: { ...strictLogout, description: 'Missing/invalid jti claim in JWT' },
  logoutReplayed: { ...strictLogout, description: 'Non-unique jti claim in JWT' },
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
