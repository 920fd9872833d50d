import { catalogue } from '@alongside/kernel/errors';
import { english } from '../text/english.ts';

const user = { actor: 'user' } as const;
const page = { status: 400, code: 'invalid_request', ...user } as const;

/** Errors of enrolment: links, pages and the user's own account. */
export const enrolmentErrors = catalogue('cis2', {
  linkUnknown: {
    ...page,
    description: english.errors.linkUnknown,
    source: 'NIST SP 800-63B-4 section 4.1.2',
    expected: 'an unused, unexpired link',
    fix: 'Ask the registration authority for a new link.',
  },
  enrolmentUnknown: {
    ...page,
    description: english.errors.enrolmentUnknown,
    source: 'NIST SP 800-63B-4 section 4.1.2',
    expected: 'an unfinished set-up in the same browser',
    fix: 'Start the set-up again from its link, in the same browser.',
  },
  notSignedIn: {
    status: 403,
    ...user,
    code: 'access_denied',
    description: english.errors.notSignedIn,
    source: 'NIST SP 800-63B-4 section 4.1.2.1',
    expected: 'a recent sign-in at /account',
    fix: 'Open /account again and sign in.',
  },
  accountLevel: {
    status: 403,
    ...user,
    code: 'access_denied',
    description: english.errors.accountLevel,
    source: 'NIST SP 800-63B-4 section 4.1.2.1',
    expected: 'a sign-in at level 3',
    fix: 'Sign in with the smartcard or another authenticator of level 3.',
  },
  credentialUnknown: {
    status: 404,
    ...user,
    code: 'not_found',
    description: english.errors.credentialUnknown,
    source: 'RFC 9110 section 15.5.5',
    expected: 'an authenticator that is set up',
    fix: 'Set the authenticator up again, or use another one.',
  },
  consoleBody: {
    status: 400,
    code: 'invalid_request',
    description: 'The body is not valid.',
    source: 'RFC 9110 section 15.5.1',
    expected: 'the body that the console sends',
    fix: 'Correct the body as the reason describes.',
  },
});
