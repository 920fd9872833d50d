export type ResponseMode = 'query' | 'form_post';

/** Names of claims that were asked for one by one, of those that are known here. */
export interface ClaimNames {
  idToken: string[];
  userinfo: string[];
}

/** An authorization request whose every part was checked: what an interaction carries until it is answered. */
export interface AuthorizationRequest {
  clientId: string;
  redirectUri: string;
  responseMode: ResponseMode;
  state: string | null;
  nonce: string | null;
  scope: string[];
  /** PKCE challenge of the method S256. */
  challenge: string | null;
  prompt: string[];
  /** Seconds. */
  maxAge: number | null;
  /** Authentication context classes, any of which will do; the first that is met is answered. */
  acr: string[];
  /** The person that the client expects: from `id_token_hint` or the `claims` parameter. */
  subject: string | null;
  loginHint: string | null;
  claims: ClaimNames;
  /** The `request_uri` under which it was pushed: it is spent with the code (RFC 9126 section 7.3). */
  pushed: string | null;
  /** Thumbprint of the key that must redeem the code (RFC 9449 section 10). */
  jkt: string | null;
}

/** Whether nothing may be shown to the person (OpenID Connect Core section 3.1.2.1). */
export const isSilent = (authorization: AuthorizationRequest): boolean =>
  authorization.prompt.includes('none');
