import { catalogue } from '@alongside/kernel/errors';

const developer = { actor: 'developer' } as const;
const user = { actor: 'user' } as const;
const page = { status: 400, code: 'invalid_request', ...developer } as const;
const back = { status: 302, redirect: true, ...developer } as const;

/** Every refusal of CIS2. */
export const errors = catalogue('cis2', {
  // Before the client and its address are known: a page, never a redirect.
  requestMalformed: { ...page, description: 'The request is not well-formed.', source: 'RFC 6749 section 4.1.2.1' },
  requestTooLong: { ...page, description: 'A part of the request is too long.', source: 'RFC 6749 section 4.1.2.1' },
  parameterRepeated: { ...page, description: 'A parameter came more than once.', source: 'RFC 6749 section 3.1' },
  clientMissing: { ...page, description: 'The request names no client.', source: 'RFC 6749 section 4.1.1' },
  clientUnknown: { ...page, code: 'invalid_client', description: 'The client is not known here.', source: 'RFC 6749 section 4.1.2.1' },
  redirectMissing: { ...page, description: 'The request has no redirect_uri.', source: 'OpenID Connect Core section 3.1.2.1' },
  redirectUnknown: { ...page, description: 'The redirect_uri is not registered for this client.', source: 'RFC 9700 section 2.1' },

  // Answers that travel back to the client.
  requestObject: { ...back, code: 'request_not_supported', description: 'Request objects are not supported.', source: 'OpenID Connect Core section 6.1' },
  requestUri: { ...back, code: 'request_uri_not_supported', description: 'Request objects by reference are not supported.', source: 'OpenID Connect Core section 6.2' },
  registration: { ...back, code: 'registration_not_supported', description: 'The registration parameter is not supported.', source: 'OpenID Connect Core section 7.2.1' },
  responseTypeMissing: { ...back, code: 'invalid_request', description: 'The request has no response_type.', source: 'RFC 6749 section 3.1.1' },
  responseTypeUnsupported: { ...back, code: 'unsupported_response_type', description: 'Only the response type code is supported.', source: 'RFC 6749 section 3.1.1' },
  responseModeUnsupported: { ...back, code: 'invalid_request', description: 'Only the response modes query and form_post are supported.', source: 'OAuth 2.0 Form Post Response Mode' },
  scopeMissing: { ...back, code: 'invalid_scope', description: 'The scope must contain openid.', source: 'OpenID Connect Core section 3.1.2.1' },
  scopeMalformed: { ...back, code: 'invalid_scope', description: 'The scope is malformed.', source: 'RFC 6749 section 3.3' },
  scopeUnknown: { ...back, code: 'invalid_scope', description: 'The scope contains a value that is not known.', source: 'RFC 6749 section 3.3' },
  challengeMissing: { ...back, code: 'invalid_request', description: 'This client must send a code_challenge.', source: 'RFC 7636 section 4.4.1' },
  challengeInvalid: { ...back, code: 'invalid_request', description: 'The code_challenge must be one of the method S256.', source: 'RFC 7636 section 4.2' },
  promptInvalid: { ...back, code: 'invalid_request', description: 'The prompt is not valid.', source: 'OpenID Connect Core section 3.1.2.1' },
  maxAgeInvalid: { ...back, code: 'invalid_request', description: 'The max_age is not a number of seconds.', source: 'OpenID Connect Core section 3.1.2.1' },
  claimsInvalid: { ...back, code: 'invalid_request', description: 'The claims parameter is not valid.', source: 'OpenID Connect Core section 5.5' },
  hintInvalid: { ...back, code: 'invalid_request', description: 'The id_token_hint is not valid.', source: 'OpenID Connect Core section 3.1.2.1' },
  loginRequired: { ...back, ...user, code: 'login_required', description: 'The person has to sign in.', source: 'OpenID Connect Core section 3.1.2.6' },
  interactionRequired: { ...back, ...user, code: 'interaction_required', description: 'The person has to answer a question.', source: 'OpenID Connect Core section 3.1.2.6' },
  levelUnmet: { ...back, code: 'unmet_authentication_requirements', description: 'No way to sign in meets what was asked.', source: 'OpenID Connect Core Unmet Authentication Requirements 1.0' },
  denied: { ...back, ...user, code: 'access_denied', description: 'The person did not sign in.', source: 'RFC 6749 section 4.1.2.1' },
  personRefused: { ...back, ...user, code: 'access_denied', description: 'This person may not sign in.', source: 'RFC 6749 section 4.1.2.1' },

  // Interactions and the hand-off.
  interactionUnknown: { ...page, ...user, description: 'This sign-in has run out or belongs to another browser. Go back to your application and begin again.', source: 'RFC 9700 section 4.7' },
  returnRefused: { status: 403, ...user, code: 'access_denied', description: 'This sign-in does not belong to this browser, or it was used before. Go back to your application and begin again.', source: 'Web eID system architecture, session binding' },
  exchangeMalformed: { status: 400, ...developer, code: 'invalid_request', description: 'The exchange is not well-formed.', source: 'hand-off protocol' },
  exchangeUnknown: { status: 400, ...user, code: 'invalid_request', description: 'The hand-off is not known or has run out.', source: 'hand-off protocol' },
  exchangeUsed: { status: 409, ...developer, code: 'already_used', description: 'The hand-off was exchanged before.', source: 'hand-off protocol' },
  proofInvalid: { status: 400, actor: 'agent', code: 'invalid_proof', description: 'The proof is not valid.', source: 'RFC 7800 section 3' },
  sessionEnded: { status: 403, ...user, code: 'session_ended', description: 'The smartcard session has ended.', source: 'hand-off protocol' },
  cardRefused: { status: 403, ...user, code: 'card_rejected', description: 'The smartcard was not accepted.', source: 'hand-off protocol' },
  cisUnreachable: { status: 502, actor: 'operator', code: 'cis_unreachable', description: 'CIS does not answer.', source: 'RFC 9110 section 15.6.3' },
  serviceUnknown: { status: 401, actor: 'operator', code: 'invalid_token', description: 'Only CIS may call this.', source: 'RFC 6750 section 3.1' },

  // The token endpoint.
  tokenRequestMalformed: { status: 400, ...developer, code: 'invalid_request', description: 'The request is not well-formed.', source: 'RFC 6749 section 5.2' },
  tokenParameterRepeated: { status: 400, ...developer, code: 'invalid_request', description: 'A parameter came more than once.', source: 'RFC 6749 section 3.2' },
  clientUnauthenticated: { status: 401, ...developer, code: 'invalid_client', description: 'Client authentication failed', source: 'RFC 6749 section 5.2' },
  clientMethods: { status: 400, ...developer, code: 'invalid_request', description: 'Use exactly one way of client authentication.', source: 'RFC 6749 section 2.3' },
  assertionInvalid: { status: 401, ...developer, code: 'invalid_client', description: 'JWT is not valid', source: 'RFC 7523 section 3.2' },
  grantMissing: { status: 400, ...developer, code: 'invalid_request', description: 'The request has no grant_type.', source: 'RFC 6749 section 4.1.3' },
  grantUnsupported: { status: 400, ...developer, code: 'unsupported_grant_type', description: 'The grant type is not supported.', source: 'RFC 6749 section 5.2' },
  codeMissing: { status: 400, ...developer, code: 'invalid_request', description: 'The request has no code.', source: 'RFC 6749 section 4.1.3' },
  tokenRedirectMissing: { status: 400, ...developer, code: 'invalid_request', description: 'The request has no redirect_uri.', source: 'RFC 6749 section 4.1.3' },
  codeInvalid: { status: 400, ...developer, code: 'invalid_grant', description: 'The authorization code is not valid.', source: 'RFC 6749 section 5.2' },

  // Userinfo.
  accessTokenMissing: { status: 401, ...developer, code: '', description: 'An access token is needed.', source: 'RFC 6750 section 3.1' },
  accessTokenTwice: { status: 400, ...developer, code: 'invalid_request', description: 'Send the access token in one place only.', source: 'RFC 6750 section 2' },
  accessTokenInvalid: { status: 401, ...developer, code: 'invalid_token', description: 'The access token is not valid.', source: 'RFC 6750 section 3.1' },

  // Sign-out.
  logoutClient: { ...page, description: 'The client_id is not the one of the id_token_hint.', source: 'OpenID Connect RP-Initiated Logout section 2' },
  logoutRedirect: { ...page, description: 'The post_logout_redirect_uri is not registered for this client.', source: 'OpenID Connect RP-Initiated Logout section 3' },
  logoutUnknown: { ...page, ...user, description: 'This question has run out. Sign out again.', source: 'OpenID Connect RP-Initiated Logout section 2' },
});
