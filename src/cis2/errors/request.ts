import { catalogue } from '@alongside/kernel/errors';
import { english } from '../text/english.ts';

const page = { status: 400, code: 'invalid_request' } as const;

/** Errors before the client and its redirect_uri are known. They are shown as a page. */
export const requestErrors = catalogue('cis2', {
  pageUnknown: {
    ...page,
    status: 404,
    code: 'not_found',
    actor: 'user',
    description: english.errors.pageUnknown,
    source: 'RFC 9110 section 15.5.5',
    expected: 'the address of a page of CIS2',
    fix: 'Start again from the application. Developers: correct the path.',
  },
  requestMalformed: {
    ...page,
    description: english.errors.requestMalformed,
    source: 'RFC 6749 section 4.1.2.1',
    expected: 'at most 100 well-formed percent-encoded parameters',
    fix: 'Send well-formed percent-encoded parameters, at most 100.',
  },
  requestTooLong: {
    ...page,
    description: english.errors.requestTooLong,
    source: 'RFC 6749 section 4.1.2.1',
    expected: 'parameters within their maximum lengths',
    fix: 'Shorten the parameter, or push the request.',
  },
  parameterRepeated: {
    ...page,
    description: english.errors.parameterRepeated,
    source: 'RFC 6749 section 3.1',
    expected: 'each parameter once',
  },
  clientMissing: {
    ...page,
    description: english.errors.clientMissing,
    source: 'RFC 6749 section 4.1.1',
    expected: 'a client_id',
    fix: 'Add client_id.',
  },
  clientUnknown: {
    ...page,
    code: 'invalid_client',
    description: english.errors.clientUnknown,
    source: 'RFC 6749 section 4.1.2.1',
    expected: 'the client_id of a registered relying party',
    fix: 'Send the client_id of a registered relying party. List them: alongside app list.',
  },
  redirectMissing: {
    ...page,
    description: english.errors.redirectMissing,
    source: 'OpenID Connect Core section 3.1.2.1',
    expected: 'the registered redirect_uri',
    fix: 'Add redirect_uri with the registered address.',
  },
  redirectUnknown: {
    ...page,
    description: english.errors.redirectUnknown,
    source: 'RFC 9700 section 2.1',
    expected: 'a registered redirect_uri, character for character',
    fix: 'Send a registered redirect_uri without any change, or register this one.',
  },
});
