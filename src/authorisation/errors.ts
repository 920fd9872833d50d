import { catalogue } from '@alongside/kernel/errors';
import { assertionErrors } from './errors/assertion.ts';
import { back, bad, denied, limited, unexpected, unknown, unsigned } from './errors/kinds.ts';
import { subjectErrors } from './errors/subject.ts';

const strictLogout = {
  ...bad,
  actor: 'operator',
  source: 'OpenID Connect Back-Channel Logout section 2.4',
} as const;

/** All refusals of the `nhs` profile, with the published texts. `{name}` is replaced from `extra` of the refusal. */
export const errors = catalogue('authorisation', {
  requestMalformed: {
    ...bad,
    description: 'request is malformed',
    source: 'RFC 6749 section 3.1',
    expected: 'well-formed percent-encoded parameters',
  },
  bodyTooLarge: {
    ...bad,
    status: 413,
    description: 'request is too large',
    source: 'RFC 9110 section 15.5.14',
    expected: 'a form of at most 64 KiB',
  },
  headersTooLarge: {
    ...bad,
    status: 431,
    description: 'headers are too large',
    source: 'RFC 6585 section 5',
    expected: 'headers and an address of less than 16 KiB together',
  },
  parameterRepeated: {
    ...bad,
    description: 'parameter is repeated',
    source: 'RFC 6749 section 3.1',
    expected: 'each parameter once',
  },
  notFound: {
    ...bad,
    status: 404,
    description: 'Not Found',
    expected: 'an endpoint of docs/compatibility.md',
    fix: 'Correct the path and the method. docs/compatibility.md lists the endpoints.',
  },
  contentType: {
    ...bad,
    status: 415,
    description: 'Content-Type header must be application/x-www-form-urlencoded',
    expected: 'application/x-www-form-urlencoded',
    fix: 'Send the form with Content-Type application/x-www-form-urlencoded.',
  },
  statusKey: {
    ...denied,
    code: 'Access Denied',
    description: 'Invalid api key for _status monitoring endpoint',
    expected: 'the configured key of _status',
    fix: 'Send the configured key of _status in the header apikey.',
  },
  unexpected: {
    ...unexpected,
    status: 500,
    actor: 'operator',
    expected: 'a response without an error',
    fix: 'Find this id in the log of the authorisation service and report that line as a defect.',
  },

  // The application.
  clientMissing: {
    ...unknown,
    description: 'client_id is missing',
    expected: 'the API key of the application',
    fix: 'Add client_id with the API key of the application.',
  },
  clientUnknown: {
    ...unknown,
    description: 'client_id is invalid',
    expected: 'the API key of an application of this base path',
    fix: 'Send the API key of an application of this base path. List them: alongside app list.',
  },
  clientOrSecret: {
    ...unknown,
    code: 'invalid_client',
    description: 'client_id or client_secret is invalid',
    expected: 'the API key and the secret of one application',
    fix: 'Send the current API key and secret of the application as client_id and client_secret.',
  },
  secretMissing: {
    ...unknown,
    description: 'client_secret is missing',
    expected: 'the secret of the application',
    fix: 'Add client_secret.',
  },
  appNotApproved: {
    ...denied,
    description: 'The developer app associated with the API key is not approved or revoked',
    expected: 'an approved application',
    fix: 'Approve the application: alongside app approve ID.',
  },
  notSubscribed: {
    ...denied,
    description:
      'API Key supplied does not have access to this resource. Please check the API Key you are using belongs to an app which has sufficient access to access this resource.',
    expected: 'a product with this API',
    fix: 'Add a product with this API to the application: alongside app edit.',
  },
  companyInactive: {
    ...denied,
    description:
      'The company associated with the developer app that has the API key you are using has an inactive status',
    expected: 'an active company',
    fix: 'Activate the company of the application: alongside developer edit.',
  },
  developerInactive: {
    ...denied,
    description:
      'The developer who created the developer app that has the API key you are using has an inactive status',
    expected: 'an active developer',
    fix: 'Activate the developer of the application: alongside developer edit.',
  },
  noScope: {
    ...denied,
    code: 'unauthorized_client',
    description:
      'you have tried to request authorization but your application is not configured to use this authorization grant type',
    expected: 'a product with a scope for this grant and sign-in level',
    fix: 'Add a product with a scope for this grant and sign-in level to the application.',
  },
  quota: {
    ...limited,
    description:
      'Your application, {application}, has exceeded its quota of {limit} requests every {interval} {timeunit}(s) and is being rate limited.',
    expected: 'no more requests than the quota of the application allows',
    fix: 'Send fewer requests, reuse tokens until they expire, and wait for the seconds in Retry-After.',
  },
  spikeArrest: {
    ...limited,
    description:
      'Your application, {application}, has created a spike in traffic and is being rate limited. Please reduce the frequency of your requests.',
    expected: 'no more requests than the spike arrest of the application allows',
    fix: 'Spread the requests, reuse tokens until they expire, and wait for the seconds in Retry-After.',
  },
  busyQuota: {
    ...limited,
    actor: 'operator',
    description: 'This API is currently receiving a high volume of requests and is being rate limited.',
    expected: 'no more requests than the quota of the API allows',
    fix: 'Retry after the seconds in Retry-After. The operator can raise the limits of the API.',
  },
  busySpikeArrest: {
    ...limited,
    actor: 'operator',
    description: 'This API is currently receiving a high volume of requests and is being rate limited.',
    expected: 'no more requests than the spike arrest of the API allows',
    fix: 'Retry after the seconds in Retry-After. The operator can raise the limits of the API.',
  },
  networkBusy: {
    ...limited,
    description: 'This API is currently receiving a high volume of requests and is being rate limited.',
    source: 'RFC 6585 section 4',
    expected: 'fewer refused requests of one network',
    fix: 'Wait for the seconds in Retry-After, and correct the requests that are refused.',
  },

  // Authorization requests.
  redirectMissing: {
    ...bad,
    description: 'redirect_uri is missing',
    expected: 'the registered callback URL',
    fix: 'Add redirect_uri with the registered callback URL.',
  },
  redirectUnknown: {
    ...bad,
    description: 'redirect_uri is invalid',
    expected: 'a registered callback URL, character for character',
    fix: 'Send a registered callback URL, character for character, or register this one.',
  },
  stateMissing: {
    ...back,
    code: 'invalid_request',
    description: 'state is missing',
    expected: 'a state with a random value',
    fix: 'Add state with a new random value.',
  },
  responseTypeMissing: {
    ...back,
    code: 'invalid_request',
    description: 'response_type is missing',
    expected: 'code',
    fix: 'Add response_type=code.',
  },
  responseTypeInvalid: {
    ...back,
    code: 'unsupported_response_type',
    description: 'response_type is invalid',
    expected: 'code',
    fix: 'Set response_type to code.',
  },
  challengeInvalid: {
    ...back,
    code: 'invalid_request',
    description: 'code_challenge is invalid',
    source: 'RFC 7636 section 4.2',
    expected: 'the base64url of a SHA-256, 43 characters',
    fix: 'Send code_challenge as the base64url of the SHA-256 of code_verifier, 43 characters.',
  },
  challengeMethod: {
    ...back,
    code: 'invalid_request',
    description: 'code_challenge_method is invalid',
    source: 'RFC 7636 section 4.4.1',
    expected: 'S256',
    fix: 'Set code_challenge_method to S256.',
  },
  upstreamFailed: {
    ...back,
    code: 'server_error',
    description: 'The identity provider did not complete the sign in',
    actor: 'operator',
    source: 'RFC 6749 section 4.1.2.1',
    expected: 'a complete sign-in at the identity provider',
    fix: 'Check that the identity provider responds and that the platform is registered there as configured.',
  },

  // The provider's response.
  stateInvalid: {
    ...bad,
    description: 'Invalid state parameter.',
    expected: 'the state of an unfinished sign-in in the same browser',
    fix: 'Start the sign-in again in the same browser; each state is used once, within its lifetime.',
  },
  externalMalformed: {
    ...bad,
    description: 'Malformed JWT in External ID token',
    actor: 'operator',
    expected: 'a compact JWS',
    fix: 'Check the configured token endpoint of the provider: its ID token is not a compact JWS.',
  },
  externalAudience: {
    ...bad,
    description: "Invalid 'aud' claim in external ID token JWT",
    actor: 'operator',
    expected: "an ID token for the platform's client",
    fix: "Configure the provider to issue ID tokens for the platform's client.",
  },
  externalIssuer: {
    ...bad,
    description: 'Invalid iss claim in external ID token JWT',
    actor: 'operator',
    expected: 'the configured issuer of the provider',
    fix: 'Configure the issuer of the provider exactly as in its ID tokens.',
  },
  externalKid: {
    ...unknown,
    description: "Invalid 'kid' header in external ID token JWT - no matching public key",
    actor: 'operator',
    expected: 'the kid of a key in the key set of the provider',
    fix: "Check that the provider's key set has the key of its ID tokens and that this instance can reach it.",
  },
  externalExpired: {
    ...bad,
    description: "Invalid 'exp' claim in external ID token JWT - JWT has expired",
    actor: 'operator',
    source: 'OpenID Connect Core section 3.1.3.7',
    expected: 'an ID token that is still valid',
    fix: 'Synchronise the clocks of the provider and of this instance.',
  },
  externalNonce: {
    ...bad,
    description: "Invalid 'nonce' claim in external ID token JWT",
    actor: 'operator',
    source: 'OpenID Connect Core section 3.1.3.7',
    expected: 'the nonce of the authorization request',
    fix: 'Configure the provider to return the nonce of the authorization request in the ID token.',
  },
  signatureInvalid: {
    ...unsigned,
    description: 'JWT signature verification failed',
    expected: 'a signature by the private key of the registered key',
    fix: 'Sign with the private key of the public key that is registered with this kid.',
  },

  // Token requests.
  grantMissing: {
    ...bad,
    description: 'grant_type is missing',
    expected: 'a grant_type in the form',
    fix: 'Add grant_type.',
  },
  grantUnsupported: {
    ...bad,
    code: 'unsupported_grant_type',
    description: 'grant_type is invalid',
    expected: 'authorization_code, refresh_token, client_credentials or token exchange',
    fix: 'Use authorization_code, refresh_token, client_credentials or token exchange.',
  },
  grantInvalid: {
    ...bad,
    description: 'grant_type is invalid',
    expected: 'a grant_type that matches the other parameters',
    fix: 'Send the grant_type that matches the other parameters of the request.',
  },
  codeMissing: {
    ...bad,
    description: 'authorization_code is missing',
    expected: 'the code of the callback',
    fix: 'Add code with the authorization code of the callback.',
  },
  codeInvalid: {
    ...bad,
    code: 'invalid_grant',
    description: 'authorization_code is invalid',
    expected: 'an unused, unexpired code of this client and redirect_uri',
    fix: 'Exchange each code once, within its lifetime, with the client and redirect_uri that it was issued to.',
  },
  refreshMissing: {
    ...bad,
    description: 'refresh_token is missing',
    expected: 'a refresh_token in the form',
    fix: 'Add refresh_token.',
  },
  refreshInvalid: {
    ...unknown,
    code: 'invalid_grant',
    description: 'refresh_token is invalid',
    expected: 'the newest refresh token of this client',
    fix: 'Send the newest refresh token of this client; each is used once.',
  },
  refreshExpired: {
    ...unknown,
    code: 'invalid_grant',
    description: 'refresh token refresh period has expired',
    actor: 'user',
    expected: 'a refresh token within its refresh period',
    fix: 'Sign in again.',
  },

  ...assertionErrors,
  ...subjectErrors,

  // Userinfo and back-channel logout.
  userinfoToken: {
    ...unexpected,
    status: 401,
    expected: 'an unexpired access token of a combined sign-in by CIS2',
  },
  userinfoPattern: {
    ...bad,
    description:
      'The Userinfo endpoint is only supported for Combined Auth integrations. Currently this is only for NHS CIS2 authentications - for more guidance see https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/user-restricted-restful-apis-nhs-cis2-combined-authentication-and-authorisation',
    expected: 'a token of a combined sign-in by CIS2',
    fix: 'Call userinfo with a token of a combined sign-in by CIS2.',
  },
  logoutSource: {
    ...denied,
    status: 403,
    description: 'Access Denied for client ip',
    actor: 'operator',
    source: 'Apigee, AccessControl policy',
    expected: 'an address of logoutSources',
    fix: "Send logout tokens from a configured address, or add the provider's address to logoutSources.",
  },
  logoutMalformed: {
    ...bad,
    description: 'Malformed JWT in logout_token',
    actor: 'operator',
    expected: 'a compact JWS',
    fix: 'Send logout_token as a compact JWS.',
  },
  logoutUnverified: {
    ...bad,
    code: 'bad_request',
    description: 'Unable to verify JWT',
    actor: 'operator',
    expected: 'a signature by a key in the key set of the provider',
    fix: "Sign the logout token with a key of the provider's key set.",
  },
  logoutAudience: {
    ...bad,
    description: 'Missing/invalid aud claim in JWT',
    actor: 'operator',
    expected: "a logout token for the platform's client",
    fix: "Configure the provider to issue logout tokens for the platform's client.",
  },
  logoutIssuer: {
    ...bad,
    description: 'Missing/invalid iss claim in JWT',
    actor: 'operator',
    expected: 'the configured issuer of the provider',
    fix: 'Configure the issuer of the provider exactly as in its logout tokens.',
  },
  logoutSid: {
    ...bad,
    description: 'Missing sid claim in JWT',
    actor: 'operator',
    expected: 'a claim sid in the logout token',
    fix: 'Add the claim sid to the logout token.',
  },
  logoutEvents: {
    ...bad,
    description: 'Missing/invalid events claim in JWT',
    actor: 'operator',
    expected: 'the back-channel logout event in events',
    fix: 'Add the back-channel logout event to events of the logout token.',
  },
  logoutNonce: {
    ...bad,
    description: 'Prohibited nonce claim in JWT',
    actor: 'operator',
    expected: 'a logout token without nonce',
    fix: 'Omit nonce from the logout token.',
  },
  logoutType: {
    ...strictLogout,
    description: 'Missing/invalid typ header in JWT',
    expected: 'logout+jwt',
    fix: 'Set the header typ of the logout token to logout+jwt.',
  },
  logoutExp: {
    ...strictLogout,
    description: 'Missing/invalid exp claim in JWT',
    expected: 'a time in the future, at most two minutes from now',
    fix: 'Add exp to the logout token, at most two minutes ahead.',
  },
  logoutIat: {
    ...strictLogout,
    description: 'Missing/invalid iat claim in JWT',
    expected: 'the time at which the logout token was issued',
    fix: 'Add iat to the logout token, and synchronise the clocks.',
  },
  logoutJti: {
    ...strictLogout,
    description: 'Missing/invalid jti claim in JWT',
    expected: 'a jti in the logout token',
    fix: 'Add a new jti to each logout token.',
  },
  logoutReplayed: {
    ...strictLogout,
    description: 'Non-unique jti claim in JWT',
    expected: 'a logout token that was not sent before',
    fix: 'Send each logout token once.',
  },
  logoutUnknown: {
    ...bad,
    code: 'not_implemented',
    status: 501,
    description: 'SID not found',
    actor: 'operator',
    expected: 'the sid of a session of this platform',
    fix: 'If the session has ended, do nothing. Otherwise send the sid of the ID token.',
  },
  logoutFailed: {
    ...bad,
    code: 'not_implemented',
    status: 501,
    description: 'Logout Failed',
    actor: 'operator',
    expected: 'a response without an error',
    fix: 'Find this id in the log of the authorisation service.',
  },
});
