import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { ClientError, OAuthError } from './errors.ts';
import { checkTokens, type TokenSet } from './tokens.ts';

export interface KeepFreshOptions {
  clock?: Clock | undefined;
  /** Seconds before expiry at which an access token is replaced; 30 by default. */
  marginSeconds?: number | undefined;
  /**
   * Called with each new set before it is used. Refresh tokens are single use: store the set here. If it throws, the waiting
   * calls throw too, and the next call stores the set again.
   */
  onChange?: ((tokens: TokenSet) => void | Promise<void>) | undefined;
}

/** The source of an API client's access tokens: `keepFresh` and `createApplicationRestricted` return one. */
export interface AccessTokens {
  /** Returns an access token with some lifetime left. */
  freshToken(): Promise<string>;
  /** Returns another token after an API refused one with 401. */
  replace(refused: string): Promise<string>;
  /** Whether the tokens belong to a user or to the application. After a second 401 a user has to sign in again. */
  readonly owner: 'user' | 'application';
}

/** A token set that refreshes itself. */
export interface FreshTokens extends AccessTokens {
  /** Returns the current set. */
  current(): TokenSet;
}

/**
 * Keeps tokens fresh: `freshToken()` refreshes them shortly before they expire. Concurrent callers share one refresh, with the
 * same token or error. Throws `sign_in_required` if they can no longer be refreshed, and from then on without a request. While
 * the old access token is valid, it is used after a transient failure (network, time-out, 5xx).
 */
export function keepFresh(
  tokens: TokenSet,
  refresh: (tokens: TokenSet) => Promise<TokenSet>,
  options: KeepFreshOptions = {},
): FreshTokens {
  const clock = options.clock ?? systemClock;
  const margin = options.marginSeconds ?? 30;
  checkTokens(tokens);
  let current = tokens;
  let stored = true;
  let over: ClientError | undefined;
  let underWay: Promise<string> | undefined;

  const livesOn = (): boolean => stored && current.secondsLeft(clock) > margin;

  async function renew(refused?: string): Promise<string> {
    if (over) throw over;
    if (current.secondsLeft(clock) <= margin || current.accessToken === refused) {
      try {
        current = await refresh(current);
      } catch (error) {
        const usable = stored && current.accessToken !== refused && current.secondsLeft(clock) > 0;
        if (usable && isPassing(error)) return current.accessToken;
        // A refused refresh token never becomes valid again.
        if (refusedForGood(error)) over = signInRequired(error);
        throw over ?? error;
      }
      stored = false;
    }
    await options.onChange?.(current);
    stored = true;
    return current.accessToken;
  }

  function renewOnce(refused?: string): Promise<string> {
    underWay ??= renew(refused).finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  return {
    owner: 'user',
    current: () => current,
    freshToken: async () => (!underWay && livesOn() ? current.accessToken : renewOnce()),
    replace: async (refused) => {
      if (underWay) {
        const token = await underWay;
        if (token !== refused) return token;
      }
      return livesOn() && current.accessToken !== refused ? current.accessToken : renewOnce(refused);
    },
  };
}

function isPassing(error: unknown): boolean {
  if (error instanceof OAuthError) return error.status === 429 || (error.status ?? 0) >= 500;
  return error instanceof ClientError && (error.code === 'network' || error.code === 'timeout');
}

function refusedForGood(error: unknown): boolean {
  return error instanceof OAuthError && error.error === 'invalid_grant';
}

function signInRequired(cause: unknown): ClientError {
  return new ClientError('sign_in_required', 'The tokens have ended and cannot be renewed. Sign in again.', {
    cause,
  });
}
