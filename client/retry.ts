import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import type { HttpAnswer } from './http.ts';
import { unlessAborted } from './http.ts';
import { jitter } from './secrets.ts';

/** Limits of the retries of one call. */
export interface RetryLimits {
  /** Calls in all; 3 by default, 1 for none. */
  attempts?: number | undefined;
  /** Longest wait in all, in milliseconds; 10,000 by default. If the API asks for a longer wait, its answer is returned at once. */
  maxWaitMs?: number | undefined;
}

/** The tools of a retry. */
export interface Retry extends Required<RetryLimits> {
  clock: Clock;
  wait: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

const FIRST_PAUSE_MS = 250;

/**
 * Repeats a call after a temporary failure: 429, and if a repeat is safe also 503 and errors of the network. Returns the
 * last answer or throws the last error.
 */
export async function retried(
  call: () => Promise<HttpAnswer>,
  { attempts, maxWaitMs, clock, wait }: Retry,
  options: { repeatable: boolean; signal?: AbortSignal },
): Promise<HttpAnswer> {
  let left = maxWaitMs;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await call().catch(networkError);
    const pause = mayPass(outcome, options.repeatable) ? pauseAfter(outcome, attempt, clock) : undefined;
    if (pause === undefined || attempt >= attempts || pause > left) {
      if (outcome instanceof ClientError) throw outcome;
      return outcome;
    }
    left -= pause;
    await unlessAborted(options.signal, () => wait(pause, options.signal));
  }
}

/** Returns the seconds of a `Retry-After` header in either form, undefined without one. // RFC 9110 section 10.2.3 */
export function retryAfterSeconds(headers: Headers, clock: Clock): number | undefined {
  const value = headers.get('retry-after');
  if (value === null || value.length > 40) return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value);
  const until = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(until) ? undefined : Math.max(0, Math.ceil((until - clock.now()) / 1000));
}

/** Waits. If the signal fires, throws `aborted`. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  return unlessAborted(signal, () => over).finally(() => clearTimeout(timer));
}

function networkError(error: unknown): ClientError {
  if (error instanceof ClientError && (error.code === 'network' || error.code === 'timeout')) return error;
  throw error;
}

function mayPass(outcome: HttpAnswer | ClientError, repeatable: boolean): boolean {
  if (outcome instanceof ClientError) return repeatable;
  // A 429 was refused before it had an effect.
  return outcome.status === 429 || (outcome.status === 503 && repeatable);
}

function pauseAfter(outcome: HttpAnswer | ClientError, attempt: number, clock: Clock): number {
  const asked = outcome instanceof ClientError ? undefined : retryAfterSeconds(outcome.headers, clock);
  return asked === undefined ? FIRST_PAUSE_MS * 2 ** (attempt - 1) * jitter() : asked * 1000;
}
