import { catalogue } from '@alongside/kernel/errors';
import { exchangeErrors } from './exchange/errors.ts';

const developer = { actor: 'developer' } as const;
const bad = { ...developer, code: 'invalid_request', status: 400, source: 'RFC 6749 section 5.2' } as const;
const back = {
  ...developer,
  code: 'invalid_request',
  status: 302,
  redirect: true,
  source: 'RFC 6749 section 4.1.2.1',
} as const;
const grant = { ...bad, code: 'invalid_grant' } as const;

/** The errors of the `standard` profile. */
export const errors = catalogue('authorisation.standard', {
  bodyTooLarge: {
    ...bad,
    status: 413,
    description: 'The request is too large.',
    source: 'RFC 9110 section 15.5.14',
    fix: 'Send a form of at most 64 KiB.',
  },
  requestMalformed: {
    ...bad,
    description: 'The request is not well-formed.',
    source: 'RFC 6749 section 3.1',
    fix: 'Send well-formed percent-encoded parameters, at most 100.',
  },
  requestTooLong: {
    ...bad,
    description: 'A parameter is too long.',
    source: 'RFC 6749 section 3.1',
    fix: 'Shorten the parameter, or push the request.',
  },
  parameterRepeated: {
    ...bad,
    description: 'A parameter is repeated.',
    source: 'RFC 6749 section 3.1',
    fix: 'Send each parameter once.',
  },
  notFound: {
    ...bad,
    status: 404,
    description: 'There is nothing at this address.',
    source: 'RFC 9110 section 15.5.5',
    fix: 'Correct the path and the method. The metadata names the endpoints.',
  },
  unexpected: {
    code: 'server_error',
    status: 500,
    description: 'Something went wrong here. The message_id finds the reason.',
    actor: 'operator',
    source: 'RFC 9110 section 15.6.1',
    fix: 'Look for this id in the log of the authorisation service; report a defect with that line.',
  },

  // Errors before the client and its address are known. They are not redirected.
  clientMissing: {
    ...bad,
    description: 'The request names no client.',
    source: 'RFC 6749 section 4.1.2.1',
    fix: 'Add client_id.',
  },
  clientUnknown: {
    ...bad,
    code: 'invalid_client',
    description: 'The client is not known here.',
    source: 'RFC 6749 section 4.1.2.1',
    fix: 'Send the client_id of an application of this base path. List them: alongside app list.',
  },
  redirectMissing: {
    ...bad,
    description: 'The request has no redirect_uri.',
    source: 'RFC 9700 section 2.1',
    fix: 'Add redirect_uri with the registered callback URL.',
  },
  redirectUnknown: {
    ...bad,
    description: 'The redirect_uri is not registered for this client.',
    source: 'RFC 9700 section 2.1',
    fix: 'Send a registered callback URL, character for character, or register this one.',
  },

  // Errors that are redirected to the client.
  clientRefused: {
    ...back,
    code: 'unauthorized_client',
    description: 'The application may not use this service now.',
    fix: 'Approve the application, activate its developer, and add a product that holds this API.',
  },
  notPushed: {
    ...back,
    description: 'The client must push its authorization requests.',
    source: 'RFC 9126 section 5',
    fix: 'Push the request to the PAR endpoint and send its request_uri.',
  },
  requestUri: {
    ...back,
    code: 'request_uri_not_supported',
    description: 'Request objects by reference are not supported.',
    source: 'RFC 9101 section 6',
    fix: 'Push the request instead of naming a request object by its address.',
  },
  requestObject: {
    ...bad,
    code: 'invalid_request_object',
    description: 'The request object is not valid.',
    source: 'RFC 9101 section 6.2',
    fix: 'Sign the request object with a registered key, for this audience, within its lifetime.',
  },
  requestUriInvalid: {
    ...bad,
    code: 'invalid_request_uri',
    description: 'The request_uri is unknown, expired or already used.',
    source: 'RFC 9126 section 4',
    fix: 'Push the request again; each request_uri is used once, within its lifetime.',
  },
  requestUriUsed: {
    ...back,
    description: 'The pushed request was used by another sign-in.',
    source: 'RFC 9126 section 7.3',
    fix: 'Push the request again for each sign-in.',
  },
  targetInvalid: {
    ...back,
    code: 'invalid_target',
    description: 'The resource is not one that the application may use.',
    source: 'RFC 8707 section 2',
    fix: 'Send as resource the address of an API that a product of the application holds.',
  },
  keyInvalid: {
    ...back,
    code: 'invalid_dpop_proof',
    description: 'The dpop_jkt is not the thumbprint of the key that was proven.',
    source: 'RFC 9449 section 10',
    fix: 'Set dpop_jkt to the RFC 7638 thumbprint of the key of the DPoP proof, or leave it out.',
  },
  responseTypeMissing: {
    ...back,
    description: 'The request has no response_type.',
    fix: 'Add response_type=code.',
  },
  responseTypeUnsupported: {
    ...back,
    code: 'unsupported_response_type',
    description: 'Only the response type code is supported.',
    fix: 'Set response_type to code.',
  },
  responseModeUnsupported: {
    ...back,
    description: 'Only the response mode query is supported.',
    fix: 'Leave response_mode out, or set it to query.',
  },
  challengeMissing: {
    ...back,
    description: 'The request has no code_challenge.',
    source: 'RFC 7636 section 4.4.1',
    fix: 'Add code_challenge and code_challenge_method=S256 (PKCE).',
  },
  challengeInvalid: {
    ...back,
    description: 'The code_challenge must be one of the method S256.',
    source: 'RFC 7636 section 4.2',
    fix: 'Send code_challenge as the base64url of the SHA-256 of code_verifier, with code_challenge_method=S256.',
  },
  scopeMalformed: {
    ...back,
    code: 'invalid_scope',
    description: 'The scope is malformed.',
    source: 'RFC 6749 section 3.3',
    fix: 'Send scopes with single spaces between.',
  },
  scopeEmpty: {
    ...back,
    code: 'invalid_scope',
    description: 'None of the scopes is one that the application has.',
    source: 'RFC 6749 section 3.3',
    fix: 'Ask for a scope of a product that the application has.',
  },
  levelTooLow: {
    ...back,
    code: 'invalid_scope',
    description: 'None of the scopes is of the level that the person signed in at.',
    source: 'RFC 6749 section 3.3',
    fix: 'Sign in at a higher level, or ask for a scope of the level that was reached.',
  },
  promptInvalid: {
    ...back,
    description: 'The prompt is not valid.',
    source: 'OpenID Connect Core section 3.1.2.1',
    fix: 'Send prompt as none, login, consent or select_account; none is sent alone.',
  },
  maxAgeInvalid: {
    ...back,
    description: 'The max_age is not a number of seconds.',
    source: 'OpenID Connect Core section 3.1.2.1',
    fix: 'Send max_age as a whole number of seconds.',
  },
  upstreamFailed: {
    ...back,
    code: 'server_error',
    description: 'The identity provider did not complete the sign-in.',
    actor: 'operator',
    fix: 'Check that the identity provider answers and that the platform is registered there as configured.',
  },
  stateInvalid: {
    ...bad,
    description: 'This sign-in has expired or belongs to another browser.',
    actor: 'user',
    source: 'RFC 9700 section 4.7',
    fix: 'Start again from the application, in the same browser.',
  },

  // Errors of the token, revocation and introspection endpoints.
  contentType: {
    ...bad,
    description: 'The request must be a form (application/x-www-form-urlencoded).',
    fix: 'Send the form with Content-Type application/x-www-form-urlencoded.',
  },
  clientMethods: {
    ...bad,
    description: 'Use exactly one way of client authentication.',
    source: 'RFC 6749 section 2.3',
    fix: 'Send either client_secret or client_assertion, not both.',
  },
  clientUnauthenticated: {
    ...bad,
    code: 'invalid_client',
    status: 401,
    description: 'Client authentication failed.',
    fix: 'Authenticate by the registered method with the registered key or secret. Try it: alongside validate.',
  },
  clientNotAllowed: {
    ...bad,
    code: 'unauthorized_client',
    description: 'The application may not use this service now.',
    fix: 'Approve the application, activate its developer, and add a product that holds this API.',
  },
  clientPublic: {
    ...bad,
    code: 'unauthorized_client',
    description: 'A public client may not use this grant.',
    source: 'RFC 6749 section 4.4',
    fix: 'Register the application as confidential, or use the authorization code grant with PKCE.',
  },
  grantMissing: { ...bad, description: 'The request has no grant_type.', fix: 'Add grant_type.' },
  grantUnsupported: {
    ...bad,
    code: 'unsupported_grant_type',
    description: 'The grant type is not supported.',
    fix: 'Use a grant type that the metadata of this service names.',
  },
  codeMissing: {
    ...bad,
    description: 'The request has no code.',
    fix: 'Add code with the authorization code of the callback.',
  },
  codeInvalid: {
    ...grant,
    description: 'The authorization code is not valid.',
    fix: 'Exchange each code once, within its lifetime, with the same client, redirect_uri and code_verifier.',
  },
  refreshMissing: { ...bad, description: 'The request has no refresh_token.', fix: 'Add refresh_token.' },
  refreshInvalid: {
    ...grant,
    description: 'The refresh token is not valid.',
    fix: 'Send the newest refresh token of this client, with its proof where it is bound.',
  },
  tokenScope: {
    ...bad,
    code: 'invalid_scope',
    description: 'The scope is malformed, or more than was granted.',
    source: 'RFC 6749 section 6',
    fix: 'Ask for at most the scopes that were granted.',
  },
  noScope: {
    ...bad,
    code: 'invalid_scope',
    description: 'No scope is left that the application has.',
    source: 'RFC 6749 section 3.3',
    fix: 'Add a product with a scope for this grant to the application.',
  },
  tokenTarget: {
    ...bad,
    code: 'invalid_target',
    description: 'The resource is not one that the application may use, or more than was granted.',
    source: 'RFC 8707 section 2.2',
    fix: 'Ask for at most the resources that were granted.',
  },
  proofInvalid: {
    ...bad,
    code: 'invalid_dpop_proof',
    description: 'The DPoP proof is missing or not valid.',
    source: 'RFC 9449 section 5',
    fix: 'Send one DPoP proof with htm, htu, iat and a new jti, signed by its own key.',
  },
  ...exchangeErrors,
  nonceNeeded: {
    ...bad,
    code: 'use_dpop_nonce',
    description: 'The DPoP proof must carry the nonce of the header DPoP-Nonce.',
    source: 'RFC 9449 section 8',
    fix: 'Repeat the request with the nonce of the header DPoP-Nonce in the proof.',
  },
  certificateMissing: {
    ...bad,
    code: 'invalid_request',
    description: 'The connection must be made with a client certificate.',
    source: 'RFC 8705 section 3',
    fix: 'Connect to the mutual TLS address with the registered client certificate.',
  },
  tokenMissing: {
    ...bad,
    description: 'The request has no token.',
    source: 'RFC 7009 section 2.1',
    fix: 'Add token.',
  },
});
