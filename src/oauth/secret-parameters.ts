/**
 * Secret parameters of a token request: RFC 6749 sections 2.3.1, 4.1.3 and 6, RFC 7523 section 2.2, RFC 7636 section 4.5, RFC 8693
 * section 2.1.
 */
export const tokenParameters: readonly string[] = [
  'client_secret',
  'client_assertion',
  'code',
  'code_verifier',
  'refresh_token',
  'subject_token',
];

/** What the routes of an authorization server declare as secret: also RFC 6749 5.1, RFC 7009 2.1, RFC 9126 2.2, RFC 9449 4, OpenID Connect logout. */
export const oauthSecrets: readonly string[] = [
  ...tokenParameters,
  ...[
    'access_token',
    'id_token',
    'registration_access_token',
    'token',
    'request_uri',
    'dpop',
    'id_token_hint',
    'logout_token',
  ],
];
