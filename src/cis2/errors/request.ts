import { catalogue } from '@alongside/kernel/errors';

const developer = { actor: 'developer' } as const;
const page = { status: 400, code: 'invalid_request', ...developer } as const;

/** Before the client and its address are known: a page, never a redirect. */
export const requestErrors = catalogue('cis2', {
  requestMalformed: {
    ...page,
    description: 'The request is not well-formed.',
    source: 'RFC 6749 section 4.1.2.1',
  },
  requestTooLong: {
    ...page,
    description: 'A part of the request is too long.',
    source: 'RFC 6749 section 4.1.2.1',
  },
  parameterRepeated: {
    ...page,
    description: 'A parameter came more than once.',
    source: 'RFC 6749 section 3.1',
  },
  clientMissing: { ...page, description: 'The request names no client.', source: 'RFC 6749 section 4.1.1' },
  clientUnknown: {
    ...page,
    code: 'invalid_client',
    description: 'The client is not known here.',
    source: 'RFC 6749 section 4.1.2.1',
  },
  redirectMissing: {
    ...page,
    description: 'The request has no redirect_uri.',
    source: 'OpenID Connect Core section 3.1.2.1',
  },
  redirectUnknown: {
    ...page,
    description: 'The redirect_uri is not registered for this client.',
    source: 'RFC 9700 section 2.1',
  },
});
