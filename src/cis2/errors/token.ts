import { catalogue } from '@alongside/kernel/errors';

const developer = { actor: 'developer' } as const;

/** The token endpoint and userinfo. */
export const tokenErrors = catalogue('cis2', {
  tokenRequestMalformed: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'The request is not well-formed.',
    source: 'RFC 6749 section 5.2',
  },
  tokenParameterRepeated: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'A parameter came more than once.',
    source: 'RFC 6749 section 3.2',
  },
  clientUnauthenticated: {
    status: 401,
    ...developer,
    code: 'invalid_client',
    description: 'Client authentication failed',
    source: 'RFC 6749 section 5.2',
  },
  clientMethods: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'Use exactly one way of client authentication.',
    source: 'RFC 6749 section 2.3',
  },
  assertionInvalid: {
    status: 401,
    ...developer,
    code: 'invalid_client',
    description: 'JWT is not valid',
    source: 'RFC 7523 section 3.2',
  },
  grantMissing: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'The request has no grant_type.',
    source: 'RFC 6749 section 4.1.3',
  },
  grantUnsupported: {
    status: 400,
    ...developer,
    code: 'unsupported_grant_type',
    description: 'The grant type is not supported.',
    source: 'RFC 6749 section 5.2',
  },
  codeMissing: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'The request has no code.',
    source: 'RFC 6749 section 4.1.3',
  },
  tokenRedirectMissing: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'The request has no redirect_uri.',
    source: 'RFC 6749 section 4.1.3',
  },
  codeInvalid: {
    status: 400,
    ...developer,
    code: 'invalid_grant',
    description: 'The authorization code is not valid.',
    source: 'RFC 6749 section 5.2',
  },
  accessTokenMissing: {
    status: 401,
    ...developer,
    code: '',
    description: 'An access token is needed.',
    source: 'RFC 6750 section 3.1',
  },
  accessTokenTwice: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'Send the access token in one place only.',
    source: 'RFC 6750 section 2',
  },
  accessTokenInvalid: {
    status: 401,
    ...developer,
    code: 'invalid_token',
    description: 'The access token is not valid.',
    source: 'RFC 6750 section 3.1',
  },
});
