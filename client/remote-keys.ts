import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { createLocalJWKSet, errors } from 'jose';
import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import type { Fetch } from './http.ts';
import { jsonObject, SharedCall, send } from './http.ts';
import type { VerificationKeys } from './signed.ts';

/** The source of verification keys. */
export interface RemoteKeysSettings {
  /** Returns the key set's address at each fetch. */
  url: (signal: AbortSignal) => Promise<string>;
  fetch: Fetch;
  clock: Clock;
  /** Milliseconds for which a copy is used; ten minutes by default. */
  maxAgeMs?: number;
}

const TEN_MINUTES_MS = 600_000;
/**
 * Tokens without a matching key may cause this many fetches at once, then one in this time: forged tokens cannot flood the
 * provider, and one forged token does not delay a new key. During a restart, a process of the provider may still have the old keys.
 */
const MOST_FETCHES = 4;
const UNKNOWN_KEY_INTERVAL_MS = 10_000;

/**
 * Caches the provider's keys and fetches them again if a token names an unknown key. The returned function gives one caller access
 * to them until its signal aborts.
 */
export function createRemoteKeys(settings: RemoteKeysSettings): (signal?: AbortSignal) => VerificationKeys {
  const maxAgeMs = settings.maxAgeMs ?? TEN_MINUTES_MS;
  let kept: { lookup: JWTVerifyGetKey; until: number } | undefined;
  let fetches = { spent: 0, at: 0 };

  const fetched = new SharedCall(async (signal) => {
    const url = await settings.url(signal);
    const answer = await send(settings.fetch, { url, timeoutMs: 5000, signal });
    const body = answer.status === 200 ? jsonObject(answer) : undefined;
    const lookup = lookupIn(body);
    if (!lookup) {
      const facts = { expected: 'a key set (RFC 7517 section 5)', received: `status ${answer.status}` };
      throw new ClientError('metadata_invalid', `There is no key set at ${url}.`, facts);
    }
    kept = { lookup, until: settings.clock.now() + maxAgeMs };
    return lookup;
  });

  function mayFetch(): boolean {
    const at = settings.clock.now();
    const spent = Math.max(0, fetches.spent - Math.max(0, at - fetches.at) / UNKNOWN_KEY_INTERVAL_MS);
    const isAllowed = spent <= MOST_FETCHES - 1;
    fetches = { spent: isAllowed ? spent + 1 : spent, at };
    return isAllowed;
  }

  // A newer copy: one that another caller has fetched or is fetching, else a new fetch if allowed.
  function newerThan(copy: JWTVerifyGetKey, signal: AbortSignal | undefined) {
    if (fetched.isRunning) return fetched.result(signal);
    if (kept && kept.lookup !== copy) return kept.lookup;
    return mayFetch() ? fetched.result(signal) : undefined;
  }

  return (signal) => {
    const lookup: JWTVerifyGetKey = async (header, token) => {
      let copy = kept && kept.until > settings.clock.now() ? kept.lookup : await fetched.result(signal);
      // A fetch that another token began may be older than this token's key, so a second one may follow.
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await copy(header, token);
        } catch (error) {
          const isUnknown = error instanceof errors.JWKSNoMatchingKey && attempt < 2;
          const newer = isUnknown ? await newerThan(copy, signal) : undefined;
          if (!newer) throw error;
          copy = newer;
        }
      }
    };
    return Object.assign(lookup, {
      renewer() {
        const before = kept?.lookup;
        return async () => {
          if (before) await newerThan(before, signal);
        };
      },
    });
  };
}

function lookupIn(body: Record<string, unknown> | undefined): JWTVerifyGetKey | undefined {
  try {
    return body && hasKeys(body) ? createLocalJWKSet(body) : undefined;
  } catch {
    return undefined;
  }
}

const hasKeys = (body: Record<string, unknown>): body is typeof body & JSONWebKeySet =>
  Array.isArray(body.keys);
