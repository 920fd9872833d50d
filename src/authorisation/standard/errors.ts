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

/** Every refusal of the `standard` profile. */
export const errors = catalogue('authorisation.standard', {
  bodyTooLarge: {
    ...bad,
    status: 413,
    description: 'The request is too large.',
    source: 'RFC 9110 section 15.5.14',
  },
  requestMalformed: {
    ...bad,
    description: 'The request is not well-formed.',
    source: 'RFC 6749 section 3.1',
  },
  requestTooLong: { ...bad, description: 'A parameter is too long.', source: 'RFC 6749 section 3.1' },
  parameterRepeated: {
    ...bad,
    description: 'A parameter came more than once.',
    source: 'RFC 6749 section 3.1',
  },
  notFound: {
    ...bad,
    status: 404,
    description: 'There is nothing at this address.',
    source: 'RFC 9110 section 15.5.5',
  },
  unexpected: {
    code: 'server_error',
    status: 500,
    description: 'Something went wrong here. The message_id finds the reason.',
    actor: 'operator',
    source: 'RFC 9110 section 15.6.1',
  },

  // Before the client and its address are known nothing is redirected.
  clientMissing: { ...bad, description: 'The request names no client.', source: 'RFC 6749 section 4.1.2.1' },
  clientUnknown: {
    ...bad,
    code: 'invalid_client',
    description: 'The client is not known here.',
    source: 'RFC 6749 section 4.1.2.1',
  },
  redirectMissing: {
    ...bad,
    description: 'The request has no redirect_uri.',
    source: 'RFC 9700 section 2.1',
  },
  redirectUnknown: {
    ...bad,
    description: 'The redirect_uri is not registered for this client.',
    source: 'RFC 9700 section 2.1',
  },

  // Answers that travel back to the client.
  clientRefused: {
    ...back,
    code: 'unauthorized_client',
    description: 'The application may not use this service now.',
  },
  notPushed: {
    ...back,
    description: 'The client must push its authorization requests.',
    source: 'RFC 9126 section 5',
  },
  requestUri: {
    ...back,
    code: 'request_uri_not_supported',
    description: 'Request objects by reference are not supported.',
    source: 'RFC 9101 section 6',
  },
  requestObject: {
    ...bad,
    code: 'invalid_request_object',
    description: 'The request object is not valid.',
    source: 'RFC 9101 section 6.2',
  },
  requestUriInvalid: {
    ...bad,
    code: 'invalid_request_uri',
    description: 'The request_uri is not known, has run out, or was used.',
    source: 'RFC 9126 section 4',
  },
  requestUriUsed: {
    ...back,
    description: 'The pushed request was used by another sign-in.',
    source: 'RFC 9126 section 7.3',
  },
  targetInvalid: {
    ...back,
    code: 'invalid_target',
    description: 'The resource is not one that the application may use.',
    source: 'RFC 8707 section 2',
  },
  keyInvalid: {
    ...back,
    code: 'invalid_dpop_proof',
    description: 'The dpop_jkt is not the thumbprint of the key that was proven.',
    source: 'RFC 9449 section 10',
  },
  responseTypeMissing: { ...back, description: 'The request has no response_type.' },
  responseTypeUnsupported: {
    ...back,
    code: 'unsupported_response_type',
    description: 'Only the response type code is supported.',
  },
  responseModeUnsupported: { ...back, description: 'Only the response mode query is supported.' },
  challengeMissing: {
    ...back,
    description: 'The request has no code_challenge.',
    source: 'RFC 7636 section 4.4.1',
  },
  challengeInvalid: {
    ...back,
    description: 'The code_challenge must be one of the method S256.',
    source: 'RFC 7636 section 4.2',
  },
  scopeMalformed: {
    ...back,
    code: 'invalid_scope',
    description: 'The scope is malformed.',
    source: 'RFC 6749 section 3.3',
  },
  scopeEmpty: {
    ...back,
    code: 'invalid_scope',
    description: 'None of the scopes is one that the application has.',
    source: 'RFC 6749 section 3.3',
  },
  levelTooLow: {
    ...back,
    code: 'invalid_scope',
    description: 'None of the scopes is of the level that the person signed in at.',
    source: 'RFC 6749 section 3.3',
  },
  promptInvalid: {
    ...back,
    description: 'The prompt is not valid.',
    source: 'OpenID Connect Core section 3.1.2.1',
  },
  maxAgeInvalid: {
    ...back,
    description: 'The max_age is not a number of seconds.',
    source: 'OpenID Connect Core section 3.1.2.1',
  },
  upstreamFailed: {
    ...back,
    code: 'server_error',
    description: 'The identity provider did not complete the sign-in.',
    actor: 'operator',
  },
  stateInvalid: {
    ...bad,
    description: 'This sign-in has run out or belongs to another browser.',
    actor: 'user',
    source: 'RFC 9700 section 4.7',
  },

  // The token and revocation endpoints.
  contentType: { ...bad, description: 'The request must be a form (application/x-www-form-urlencoded).' },
  clientMethods: {
    ...bad,
    description: 'Use exactly one way of client authentication.',
    source: 'RFC 6749 section 2.3',
  },
  clientUnauthenticated: {
    ...bad,
    code: 'invalid_client',
    status: 401,
    description: 'Client authentication failed.',
  },
  clientNotAllowed: {
    ...bad,
    code: 'unauthorized_client',
    description: 'The application may not use this service now.',
  },
  clientPublic: {
    ...bad,
    code: 'unauthorized_client',
    description: 'A public client may not use this grant.',
    source: 'RFC 6749 section 4.4',
  },
  grantMissing: { ...bad, description: 'The request has no grant_type.' },
  grantUnsupported: {
    ...bad,
    code: 'unsupported_grant_type',
    description: 'The grant type is not supported.',
  },
  codeMissing: { ...bad, description: 'The request has no code.' },
  codeInvalid: { ...grant, description: 'The authorization code is not valid.' },
  refreshMissing: { ...bad, description: 'The request has no refresh_token.' },
  refreshInvalid: { ...grant, description: 'The refresh token is not valid.' },
  tokenScope: {
    ...bad,
    code: 'invalid_scope',
    description: 'The scope is malformed, or more than was granted.',
    source: 'RFC 6749 section 6',
  },
  noScope: {
    ...bad,
    code: 'invalid_scope',
    description: 'No scope is left that the application has.',
    source: 'RFC 6749 section 3.3',
  },
  tokenTarget: {
    ...bad,
    code: 'invalid_target',
    description: 'The resource is not one that the application may use, or more than was granted.',
    source: 'RFC 8707 section 2.2',
  },
  proofInvalid: {
    ...bad,
    code: 'invalid_dpop_proof',
    description: 'The DPoP proof is missing or not valid.',
    source: 'RFC 9449 section 5',
  },
  ...exchangeErrors,
  nonceNeeded: {
    ...bad,
    code: 'use_dpop_nonce',
    description: 'The DPoP proof must carry the nonce of the header DPoP-Nonce.',
    source: 'RFC 9449 section 8',
  },
  certificateMissing: {
    ...bad,
    code: 'invalid_request',
    description: 'The connection must be made with a client certificate.',
    source: 'RFC 8705 section 3',
  },
  tokenMissing: { ...bad, description: 'The request has no token.', source: 'RFC 7009 section 2.1' },
});
