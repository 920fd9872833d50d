import { catalogue } from '@alongside/kernel/errors';

const developer = { actor: 'developer' } as const;
const user = { actor: 'user' } as const;
const page = { status: 400, code: 'invalid_request', ...developer } as const;

/** Sign-out. */
export const logoutErrors = catalogue('cis2', {
  logoutClient: {
    ...page,
    description: 'The client_id is not the one of the id_token_hint.',
    source: 'OpenID Connect RP-Initiated Logout section 2',
  },
  logoutRedirect: {
    ...page,
    description: 'The post_logout_redirect_uri is not registered for this client.',
    source: 'OpenID Connect RP-Initiated Logout section 3',
  },
  logoutUnknown: {
    ...page,
    ...user,
    description: 'This question has run out. Sign out again.',
    source: 'OpenID Connect RP-Initiated Logout section 2',
  },
});
