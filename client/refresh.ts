import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import type { Fetch } from './http.ts';
import { requestTokens } from './token-endpoint.ts';
import { TokenSet } from './tokens.ts';

/** What a refresh with a client secret in the form needs. */
export interface RefreshSettings {
  tokenUrl: string;
  clientId: string;
  /** Undefined for a public client. */
  clientSecret?: string;
  fetch: Fetch;
  clock: Clock;
  signal?: AbortSignal;
}

/**
 * Spends a refresh token and gives back the new set. // RFC 6749 section 6
 * Throws `sign_in_required` when there is none or it has ended, `OAuthError` when the server refuses it.
 */
export async function refreshTokens(settings: RefreshSettings, tokens: TokenSet): Promise<TokenSet> {
  if (!tokens.canRefresh(settings.clock)) {
    throw new ClientError('sign_in_required', 'There is no refresh token that still lives. Sign in again.');
  }
  const { tokens: renewed } = await requestTokens({
    tokenUrl: settings.tokenUrl,
    form: {
      grant_type: 'refresh_token',
      refresh_token: tokens.refreshToken,
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
    },
    fetch: settings.fetch,
    clock: settings.clock,
    signal: settings.signal,
  });
  return carriedOver(tokens, renewed);
}

// RFC 6749 section 6: a server that issues no new refresh token leaves the old one in force.
function carriedOver(old: TokenSet, renewed: TokenSet): TokenSet {
  const before = old.reveal();
  const after = renewed.reveal();
  const kept = after.refreshToken === undefined ? before : after;
  return new TokenSet({
    ...after,
    refreshToken: kept.refreshToken,
    refreshExpiresAt: kept.refreshExpiresAt,
    idToken: before.idToken,
    sid: after.sid ?? before.sid,
    scope: after.scope ?? before.scope,
  });
}
