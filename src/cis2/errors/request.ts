import { catalogue } from '@alongside/kernel/errors';
import { english } from '../text/english.ts';

const developer = { actor: 'developer' } as const;
const page = { status: 400, code: 'invalid_request', ...developer } as const;

/** Errors before the client and its redirect_uri are known. They are shown as a page. */
export const requestErrors = catalogue('cis2', {
  pageUnknown: {
    ...page,
    status: 404,
    code: 'not_found',
    actor: 'user',
    description: english.errors.pageUnknown,
    source: 'RFC 9110 section 15.5.5',
    fix: 'Start again from the application. Developers: correct the path.',
  },
  requestMalformed: {
    ...page,
    description: english.errors.requestMalformed,
    source: 'RFC 6749 section 4.1.2.1',
    fix: 'Send well-formed percent-encoded parameters, at most 100.',
  },
  requestTooLong: {
    ...page,
    description: english.errors.requestTooLong,
    source: 'RFC 6749 section 4.1.2.1',
    fix: 'Shorten the parameter, or push the request.',
  },
  parameterRepeated: {
    ...page,
    description: english.errors.parameterRepeated,
    source: 'RFC 6749 section 3.1',
    fix: 'Send each parameter once.',
  },
  clientMissing: {
    ...page,
    description: english.errors.clientMissing,
    source: 'RFC 6749 section 4.1.1',
    fix: 'Add client_id.',
  },
  clientUnknown: {
    ...page,
    code: 'invalid_client',
    description: english.errors.clientUnknown,
    source: 'RFC 6749 section 4.1.2.1',
    fix: 'Send the client_id of a registered relying party. List them: alongside app list.',
  },
  redirectMissing: {
    ...page,
    description: english.errors.redirectMissing,
    source: 'OpenID Connect Core section 3.1.2.1',
    fix: 'Add redirect_uri with the registered address.',
  },
  redirectUnknown: {
    ...page,
    description: english.errors.redirectUnknown,
    source: 'RFC 9700 section 2.1',
    fix: 'Send a registered redirect_uri without any change, or register this one.',
  },
});
