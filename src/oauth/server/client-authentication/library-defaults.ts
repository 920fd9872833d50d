// Defaults of known libraries that a profile refuses, and their remedy in the words of the library.

/** The remedy for the token endpoint as audience where only another value is accepted (draft-ietf-oauth-rfc7523bis section 4). */
export const audienceAdvice = (issuer: string): string =>
  `aud is an endpoint, the default of many libraries. Set it to the one string ${issuer}. Spring Security: setJwtClientAssertionCustomizer((context) -> context.getClaims().audience(List.of("${issuer}"))). Nimbus: new Audience("${issuer}"). Authlib: PrivateKeyJWT(token_endpoint="${issuer}").`;

/** The remedy for HTTP Basic where only the form is read. */
export const formAdvice =
  'Send client_id and client_secret in the form, not by HTTP Basic, the default of many libraries. Spring Security: client-authentication-method: client_secret_post. Quarkus: quarkus.oidc.credentials.client-secret.method=post. Authlib: token_endpoint_auth_method="client_secret_post". requests-oauthlib: include_client_id=True. Rust: set_auth_type(AuthType::RequestBody). openid-client: ClientSecretPost(secret). Go: AuthStyleInParams.';
