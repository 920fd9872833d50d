export type ResponseMode = 'query' | 'form_post';

/** The claims that the `claims` parameter requests, without unknown ones. */
export interface ClaimNames {
  idToken: string[];
  userinfo: string[];
}

/** A validated authorization request, which an interaction keeps until its response. */
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
  /** In seconds. */
  maxAge: number | null;
  /** Authentication context classes, in the order of preference. */
  acr: string[];
  /** The uid that the client requires, from `id_token_hint` or the `claims` parameter. */
  subject: string | null;
  loginHint: string | null;
  claims: ClaimNames;
  /** The `request_uri` of a pushed request. Issuing the code uses it up (RFC 9126 section 7.3). */
  pushed: string | null;
  /** Thumbprint of the key that must redeem the code (RFC 9449 section 10). */
  jkt: string | null;
  /** The application for which the platform asks; absent in requests of earlier versions. */
  onBehalfOf?: string | null;
  /** Joins its events to a journey if its state is too short for that. */
  journeyKey?: string | undefined;
}

/** Whether the request allows no page (OpenID Connect Core section 3.1.2.1). */
export const isSilent = (authorization: AuthorizationRequest): boolean =>
  authorization.prompt.includes('none');
