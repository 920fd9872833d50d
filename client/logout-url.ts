import { checkedUrl, withQuery } from './config.ts';

/** Parameters of a sign-out at the provider. */
export interface LogoutRequest {
  /** The provider's `end_session_endpoint`. */
  endSessionUrl: string;
  /** The ID token of the session to end; with it the user is not asked. */
  idTokenHint?: string;
  clientId?: string;
  /** A registered address to return to. */
  postLogoutRedirectUri?: string;
  /** Returned unchanged. */
  state?: string;
}

/** Returns the address that ends a session at the provider. // OpenID Connect RP-Initiated Logout 1.0 section 2 */
export function logoutUrl(request: LogoutRequest): string {
  return withQuery(checkedUrl('endSessionUrl', request.endSessionUrl), {
    id_token_hint: request.idTokenHint,
    client_id: request.clientId,
    post_logout_redirect_uri: request.postLogoutRedirectUri,
    state: request.state,
  });
}
