import { catalogue } from '@alongside/kernel/errors';
import { english } from '../text/english.ts';

const user = { actor: 'user' } as const;
const developer = { actor: 'developer' } as const;
const page = { status: 400, code: 'invalid_request', ...user } as const;

/** Setting up ways to sign in: links, pages, a person's own account, and what the console asks. */
export const enrolmentErrors = catalogue('cis2', {
  linkUnknown: {
    ...page,
    description: english.errors.linkUnknown,
    source: 'NIST SP 800-63B section 4.1.2',
    fix: 'Ask the registration authority for a new link.',
  },
  enrolmentUnknown: {
    ...page,
    description: english.errors.enrolmentUnknown,
    source: 'NIST SP 800-63B section 4.1.2',
    fix: 'Start the set-up again from its link, in the same browser.',
  },
  foreignPage: {
    status: 403,
    ...user,
    code: 'access_denied',
    description: english.errors.foreignPage,
    source: 'Fetch Metadata Request Headers section 2.3, RFC 6454 section 7',
    fix: 'Go back to the page of CIS2 and use its button.',
  },
  notSignedIn: {
    status: 403,
    ...user,
    code: 'access_denied',
    description: english.errors.notSignedIn,
    source: 'NIST SP 800-63B section 4.1.2.1',
    fix: 'Open /account again and sign in.',
  },
  accountLevel: {
    status: 403,
    ...user,
    code: 'access_denied',
    description: english.errors.accountLevel,
    source: 'NIST SP 800-63B section 4.1.2.1',
    fix: 'Sign in with the smartcard or another authenticator of level 3.',
  },
  credentialUnknown: {
    status: 404,
    ...user,
    code: 'not_found',
    description: english.errors.credentialUnknown,
    source: 'RFC 9110 section 15.5.5',
    fix: 'Set the authenticator up again, or use another one.',
  },
  consoleUnknown: {
    status: 401,
    actor: 'operator',
    code: 'invalid_token',
    description: 'Only the console may call this.',
    source: 'RFC 6750 section 3.1',
    fix: 'Start all processes of the installation with one master key.',
  },
  consoleBody: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'The body is not what it must be.',
    source: 'RFC 9110 section 15.5.1',
    fix: 'Correct the body as the reason says.',
  },
  kindUnknown: {
    status: 422,
    ...developer,
    code: 'unknown_kind',
    description: 'Nobody can be given a way to sign in of this kind.',
    source: 'RFC 9110 section 15.5.21',
    fix: 'Name a kind of authenticator that can be set up: alongside authenticator --help.',
  },
  personUnknown: {
    status: 404,
    ...developer,
    code: 'not_found',
    description: 'Nobody has this uid, or the person is disabled.',
    source: 'RFC 9110 section 15.5.5',
    fix: 'Name a person of the directory who is not disabled: alongside status.',
  },
  officerRefused: {
    status: 403,
    ...user,
    code: 'access_denied',
    description: 'Only a registration authority manager or agent may do this, and not for themselves.',
    source: 'NIST SP 800-63B section 4.1.2',
    fix: 'Ask a registration authority manager or agent, who cannot act for themselves.',
  },
});
