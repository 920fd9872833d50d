import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import type { Fetch } from './http.ts';
import { sha256 } from './secrets.ts';
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

/** Renews a token set. */
export type Refresh = (tokens: TokenSet) => Promise<TokenSet>;

const KEPT_MS = 30_000;
const MOST_KEPT = 10_000;

/**
 * Spends each refresh token once, however many callers of this process ask, together or shortly after one another:
 * a request that read the web session before another one stored the new set still holds the spent token, and the
 * published service refuses that at once. All get the same set or the same error; after an error the next call
 * tries again.
 */
export function onceEach(refresh: Refresh, clock: Clock): Refresh {
  const known = new Map<string, { renewed: Promise<TokenSet>; until: number }>();

  function forget(): void {
    const now = clock.now();
    for (const [key, { until }] of known) if (until <= now || known.size > MOST_KEPT) known.delete(key);
  }

  return async (tokens) => {
    forget();
    const spent = tokens.refreshToken;
    if (spent === undefined) return refresh(tokens);
    const key = sha256(spent);
    const asked = known.get(key)?.renewed;
    if (asked) return asked;
    const renewed = refresh(tokens);
    known.set(key, { renewed, until: Number.POSITIVE_INFINITY });
    try {
      const set = await renewed;
      // One that was not replaced is good for another call.
      if (set.refreshToken === spent) known.delete(key);
      else known.set(key, { renewed, until: Math.min(clock.now() + KEPT_MS, set.expiresAt) });
    } catch {
      known.delete(key);
    }
    return renewed;
  };
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
