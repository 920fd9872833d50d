const bad = { code: 'invalid_request', status: 400 } as const;

/** The errors of a sign-out. */
export const signOutErrors = {
  signOutClient: {
    ...bad,
    description: 'The client_id is not the one of the id_token_hint.',
    source: 'OpenID Connect RP-Initiated Logout section 2',
    expected: 'the client_id to which the id_token_hint was issued',
    fix: 'Send the client_id to which the id_token_hint was issued, or leave it out.',
  },
  signOutRedirect: {
    ...bad,
    description: 'The post_logout_redirect_uri is not registered for this client.',
    source: 'OpenID Connect RP-Initiated Logout section 3',
    expected: 'a registered post_logout_redirect_uri, character for character',
    fix: 'Add the address to postLogoutRedirectUris of the platform registration, and send it character for character.',
  },
  signOutUnknown: {
    ...bad,
    actor: 'user',
    description: 'The sign-out is unknown or has ended.',
    source: 'OpenID Connect RP-Initiated Logout section 3',
    expected: 'the return of a sign-out that began less than ten minutes ago',
    fix: 'Sign out again from the application.',
  },
} as const;
