import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { ClientError, OAuthError } from './errors.ts';
import type { TokenSet } from './tokens.ts';

/** How tokens are kept fresh. */
export interface KeepFreshOptions {
  clock?: Clock;
  /** Seconds before its end at which an access token is replaced; 30 by default. */
  marginSeconds?: number;
  /**
   * Called with each new set before it is used. Refresh tokens are single use: store it here. When it throws, so do
   * the calls that wait, and the next call has it store the set again.
   */
  onChange?: (tokens: TokenSet) => void | Promise<void>;
}

/** A token set that renews itself. */
export interface FreshTokens {
  /** An access token that lives for a while: pass this to `createPds`. */
  freshToken(): Promise<string>;
  /** The set as it is now. */
  current(): TokenSet;
}

/**
 * Keeps tokens fresh: `freshToken()` renews them shortly before they end, once however many callers wait; all of
 * them get the same token or the same error. Throws `sign_in_required` when they cannot be renewed any more, from
 * then on without asking the server; while the old access token still lives, a renewal that failed on the way
 * (network, time-out, a server's 5xx) falls back to it.
 */
export function keepFresh(
  tokens: TokenSet,
  refresh: (tokens: TokenSet) => Promise<TokenSet>,
  options: KeepFreshOptions = {},
): FreshTokens {
  const clock = options.clock ?? systemClock;
  const margin = options.marginSeconds ?? 30;
  let current = tokens;
  let stored = true;
  let over: ClientError | undefined;
  let underWay: Promise<string> | undefined;

  const livesOn = (): boolean => stored && current.secondsLeft(clock) > margin;

  async function renew(): Promise<string> {
    if (over) throw over;
    if (current.secondsLeft(clock) <= margin) {
      try {
        current = await refresh(current);
      } catch (error) {
        if (stored && current.secondsLeft(clock) > 0 && isPassing(error)) return current.accessToken;
        // A refresh token that was refused once is never good again.
        if (refusedForGood(error)) over = signInRequired(error);
        throw over ?? error;
      }
      stored = false;
    }
    await options.onChange?.(current);
    stored = true;
    return current.accessToken;
  }

  return {
    current: () => current,
    freshToken: async () => {
      if (underWay) return underWay;
      if (livesOn()) return current.accessToken;
      underWay = renew().finally(() => {
        underWay = undefined;
      });
      return underWay;
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
