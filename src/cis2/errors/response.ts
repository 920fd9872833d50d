import { catalogue } from '@alongside/kernel/errors';

const developer = { actor: 'developer' } as const;
const user = { actor: 'user' } as const;
const back = { status: 302, redirect: true, ...developer } as const;

/** Answers that travel back to the client. */
export const responseErrors = catalogue('cis2', {
  requestObject: {
    ...back,
    code: 'request_not_supported',
    description: 'Request objects are not supported.',
    source: 'OpenID Connect Core section 6.1',
  },
  requestUri: {
    ...back,
    code: 'request_uri_not_supported',
    description: 'Request objects by reference are not supported.',
    source: 'OpenID Connect Core section 6.2',
  },
  requestObjectInvalid: {
    ...back,
    code: 'invalid_request_object',
    description: 'The request object is not valid.',
    source: 'RFC 9101 section 6.2',
  },
  requestTwice: {
    ...back,
    code: 'invalid_request',
    description: 'Send request or request_uri, not both.',
    source: 'RFC 9101 section 5',
  },
  requestUriInvalid: {
    ...back,
    code: 'invalid_request_uri',
    description: 'The request_uri is not known, has run out or was used.',
    source: 'RFC 9126 section 7.3',
  },
  requestNotPushed: {
    ...back,
    code: 'invalid_request',
    description: 'This client must push its requests.',
    source: 'RFC 9126 section 6',
  },
  requestNotSigned: {
    ...back,
    code: 'invalid_request',
    description: 'This client must sign its requests.',
    source: 'RFC 9101 section 10.5',
  },
  keyInvalid: {
    ...back,
    code: 'invalid_request',
    description: 'The dpop_jkt is not the thumbprint of the key.',
    source: 'RFC 9449 section 10',
  },
  registration: {
    ...back,
    code: 'registration_not_supported',
    description: 'The registration parameter is not supported.',
    source: 'OpenID Connect Core section 7.2.1',
  },
  responseTypeMissing: {
    ...back,
    code: 'invalid_request',
    description: 'The request has no response_type.',
    source: 'RFC 6749 section 3.1.1',
  },
  responseTypeUnsupported: {
    ...back,
    code: 'unsupported_response_type',
    description: 'Only the response type code is supported.',
    source: 'RFC 6749 section 3.1.1',
  },
  responseModeUnsupported: {
    ...back,
    code: 'invalid_request',
    description: 'Only the response modes query and form_post are supported.',
    source: 'OAuth 2.0 Form Post Response Mode',
  },
  scopeMissing: {
    ...back,
    code: 'invalid_scope',
    description: 'The scope must contain openid.',
    source: 'OpenID Connect Core section 3.1.2.1',
  },
  scopeMalformed: {
    ...back,
    code: 'invalid_scope',
    description: 'The scope is malformed.',
    source: 'RFC 6749 section 3.3',
  },
  scopeUnknown: {
    ...back,
    code: 'invalid_scope',
    description: 'The scope contains a value that is not known.',
    source: 'RFC 6749 section 3.3',
  },
  challengeMissing: {
    ...back,
    code: 'invalid_request',
    description: 'This client must send a code_challenge.',
    source: 'RFC 7636 section 4.4.1',
  },
  challengeInvalid: {
    ...back,
    code: 'invalid_request',
    description: 'The code_challenge must be one of the method S256.',
    source: 'RFC 7636 section 4.2',
  },
  promptInvalid: {
    ...back,
    code: 'invalid_request',
    description: 'The prompt is not valid.',
    source: 'OpenID Connect Core section 3.1.2.1',
  },
  maxAgeInvalid: {
    ...back,
    code: 'invalid_request',
    description: 'The max_age is not a number of seconds.',
    source: 'OpenID Connect Core section 3.1.2.1',
  },
  claimsInvalid: {
    ...back,
    code: 'invalid_request',
    description: 'The claims parameter is not valid.',
    source: 'OpenID Connect Core section 5.5',
  },
  hintInvalid: {
    ...back,
    code: 'invalid_request',
    description: 'The id_token_hint is not valid.',
    source: 'OpenID Connect Core section 3.1.2.1',
  },
  temporarilyUnavailable: {
    ...back,
    actor: 'operator',
    code: 'temporarily_unavailable',
    description: 'Whether the person is signed in cannot be found out at the moment.',
    source: 'RFC 6749 section 4.1.2.1',
  },
  loginRequired: {
    ...back,
    ...user,
    code: 'login_required',
    description: 'The person has to sign in.',
    source: 'OpenID Connect Core section 3.1.2.6',
  },
  interactionRequired: {
    ...back,
    ...user,
    code: 'interaction_required',
    description: 'The person has to answer a question.',
    source: 'OpenID Connect Core section 3.1.2.6',
  },
  levelUnmet: {
    ...back,
    code: 'unmet_authentication_requirements',
    description: 'No way to sign in meets what was asked.',
    source: 'OpenID Connect Core Unmet Authentication Requirements 1.0',
  },
  denied: {
    ...back,
    ...user,
    code: 'access_denied',
    description: 'The person did not sign in.',
    source: 'RFC 6749 section 4.1.2.1',
  },
  personRefused: {
    ...back,
    ...user,
    code: 'access_denied',
    description: 'This person may not sign in.',
    source: 'RFC 6749 section 4.1.2.1',
  },
});
