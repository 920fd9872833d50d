import type { Clock } from './clock.ts';
import type { Dpop } from './dpop.ts';
import { ClientError } from './errors.ts';
import { type Abortable, type Fetch, unlessAborted } from './http.ts';
import { requestTokens } from './token-endpoint.ts';
import { checkTokens, TokenSet } from './tokens.ts';

/** Settings of a refresh with a client secret in the form. */
export interface RefreshSettings {
  tokenUrl: string;
  clientId: string;
  /** Undefined for a public client. */
  clientSecret?: string;
  /** Other parameters that authenticate the client, for each attempt. */
  authentication?: () => Promise<Record<string, string>>;
  /** The key to which the tokens are bound. */
  dpop?: Dpop;
  fetch: Fetch;
  clock: Clock;
}

/**
 * Spends a refresh token and returns the new set. // RFC 6749 section 6. Throws `sign_in_required` if it is missing or has
 * expired, `OAuthError` if the server refuses it.
 */
export async function refreshTokens(settings: RefreshSettings, tokens: TokenSet): Promise<TokenSet> {
  if (!tokens.canRefresh(settings.clock))
    throw new ClientError('sign_in_required', 'There is no refresh token that still lives. Sign in again.');
  const { tokens: renewed } = await requestTokens({
    tokenUrl: settings.tokenUrl,
    form: async () => ({
      grant_type: 'refresh_token',
      refresh_token: tokens.refreshToken,
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      ...(await settings.authentication?.()),
    }),
    dpop: settings.dpop,
    fetch: settings.fetch,
    clock: settings.clock,
  });
  return carriedOver(tokens, renewed);
}

/** Refreshes a token set. A refresh that has begun continues after an abort, because it spends the refresh token. */
export type Refresh = (tokens: TokenSet, options?: Abortable) => Promise<TokenSet>;

const KEPT_MS = 30_000;
const MOST_KEPT = 10_000;

/**
 * Spends each refresh token once for concurrent and closely following callers in this process. A request that read the web
 * session just before another one stored the new set still has the spent token, which the published service refuses. All get the
 * same set or error; after an error the next call tries again.
 */
export function onceEach(refresh: (tokens: TokenSet) => Promise<TokenSet>, clock: Clock): Refresh {
  const known = new Map<string, { renewed: Promise<TokenSet>; until: number }>();

  function forget(): void {
    const now = clock.now();
    for (const [key, { until }] of known) if (until <= now || known.size > MOST_KEPT) known.delete(key);
  }

  async function once(tokens: TokenSet): Promise<TokenSet> {
    checkTokens(tokens);
    forget();
    const spent = tokens.refreshToken;
    if (spent === undefined) return refresh(tokens);
    const asked = known.get(spent)?.renewed;
    if (asked) return asked;
    const renewed = refresh(tokens);
    known.set(spent, { renewed, until: Number.POSITIVE_INFINITY });
    try {
      const set = await renewed;
      // An unchanged refresh token stays usable.
      if (set.refreshToken === spent) known.delete(spent);
      else
        known.set(spent, {
          renewed,
          until: Math.min(clock.now() + KEPT_MS, set.expiresAt ?? Number.POSITIVE_INFINITY),
        });
    } catch {
      known.delete(spent);
    }
    return renewed;
  }

  return (tokens, { signal } = {}) => unlessAborted(signal, () => once(tokens));
}

// RFC 6749 section 6: if the server returns no new refresh token, the old one stays valid.
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
