import { catalogue } from '@alongside/kernel/errors';
import { english } from '../../text/english.ts';

const user = { actor: 'user' } as const;
const page = { status: 400, code: 'invalid_request' } as const;

/** Sign-out. */
export const endSessionErrors = catalogue('cis2', {
  logoutClient: {
    ...page,
    description: english.errors.logoutClient,
    source: 'OpenID Connect RP-Initiated Logout section 2',
    expected: 'the client_id to which the id_token_hint was issued',
    fix: 'Send the client_id to which the id_token_hint was issued, or leave it out.',
  },
  logoutRedirect: {
    ...page,
    description: english.errors.logoutRedirect,
    source: 'OpenID Connect RP-Initiated Logout section 3',
    expected: 'a registered post_logout_redirect_uri, character for character',
    fix: 'Register the post_logout_redirect_uri, and send it character for character.',
  },
  logoutUnknown: {
    ...page,
    ...user,
    description: english.errors.logoutUnknown,
    source: 'OpenID Connect RP-Initiated Logout section 2',
    expected: 'an unanswered question about the sign-out',
    fix: 'Sign out again from the application.',
  },
});
