import type { Parameters } from '../parameters.ts';

// Defaults of known libraries that a profile refuses, and their remedy in the words of the library.

/** The remedy for the token endpoint as audience where only another value is accepted (draft-ietf-oauth-rfc7523bis section 4). */
export const audienceAdvice = (issuer: string): string =>
  `aud is an endpoint, the default of many libraries. Set it to the one string ${issuer}. Spring Security: setJwtClientAssertionCustomizer((context) -> context.getClaims().audience(List.of("${issuer}"))). Nimbus: new Audience("${issuer}"). Authlib: PrivateKeyJWT(token_endpoint="${issuer}").`;

/** The remedy for HTTP Basic where only the form is read. */
export const formAdvice =
  'Send client_id and client_secret in the form, not by HTTP Basic, the default of many libraries. Spring Security: client-authentication-method: client_secret_post. Quarkus: quarkus.oidc.credentials.client-secret.method=post. Authlib: token_endpoint_auth_method="client_secret_post". requests-oauthlib: include_client_id=True. Rust: set_auth_type(AuthType::RequestBody). openid-client: ClientSecretPost(secret). Go: AuthStyleInParams.';

const msalPkce =
  "MSAL Node: codeChallenge and codeChallengeMethod: 'S256' in getAuthCodeUrl, codeVerifier in acquireTokenByCode.";

/**
 * The remedy for an authorization request without a code challenge (RFC 7636): the setting that turns PKCE on, in the words of the
 * libraries that leave it off. Those with a nonce are others than those without. MSAL names itself.
 * @param nonceSuffices whether a nonce is accepted instead.
 */
export function pkceAdvice(request: Pick<Parameters, 'get' | 'has'>, nonceSuffices: boolean): string {
  const first = 'Turn PKCE on (code_challenge, code_challenge_method=S256): your library leaves it off.';
  if (request.get('x-client-SKU')?.startsWith('msal.js.node')) return `${first} ${msalPkce}`;
  if (request.has('nonce'))
    return `${first} Authlib: client_kwargs={"code_challenge_method": "S256"}. mozilla-django-oidc: OIDC_USE_PKCE = True.`;
  const passport = nonceSuffices
    ? ' passport-openidconnect has no PKCE: nonce: true, which is accepted instead.'
    : '';
  return `${first} Quarkus: quarkus.oidc.authentication.pkce-required=true. requests-oauthlib: OAuth2Session(…, pkce="S256"). zitadel/oidc: rp.WithPKCE(cookieHandler). oauth2-proxy: --code-challenge-method=S256. ${msalPkce} simple-oauth2: code_challenge and code_challenge_method in authorizeURL, code_verifier in getToken.${passport}`;
}
