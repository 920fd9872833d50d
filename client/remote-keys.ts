import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { createLocalJWKSet, errors } from 'jose';
import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import type { Fetch } from './http.ts';
import { jsonObject, send } from './http.ts';

/** Where verification keys come from. */
export interface RemoteKeysSettings {
  /** The key set's address, asked for anew at each fetch. */
  url: () => Promise<string>;
  fetch: Fetch;
  clock: Clock;
  /** How long a copy is used, in milliseconds; ten minutes by default. */
  maxAgeMs?: number;
}

const TEN_MINUTES_MS = 600_000;
/** An unknown key id may cause one fetch in this time, so that forged tokens cannot make us hammer the provider. */
const UNKNOWN_KEY_INTERVAL_MS = 10_000;

/** The provider's keys: cached, and fetched again when a token names a key that is not among them. */
export function createRemoteKeys(settings: RemoteKeysSettings): JWTVerifyGetKey {
  const maxAgeMs = settings.maxAgeMs ?? TEN_MINUTES_MS;
  let kept: { lookup: JWTVerifyGetKey; until: number } | undefined;
  let underWay: Promise<JWTVerifyGetKey> | undefined;
  let nextUnknownAt = 0;

  async function read(): Promise<JWTVerifyGetKey> {
    const url = await settings.url();
    const answer = await send(settings.fetch, { url, timeoutMs: 5000 });
    const body = answer.status === 200 ? jsonObject(answer) : undefined;
    if (!Array.isArray(body?.keys))
      throw new ClientError('metadata_invalid', `There is no key set at ${url}.`);
    const lookup = createLocalJWKSet(body as unknown as JSONWebKeySet);
    kept = { lookup, until: settings.clock.now() + maxAgeMs };
    return lookup;
  }

  function fetched(): Promise<JWTVerifyGetKey> {
    underWay ??= read().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  // What is newer than a copy: what somebody else has fetched or is fetching, else a fetch, if one is due.
  function newerThan(copy: JWTVerifyGetKey): Promise<JWTVerifyGetKey> | JWTVerifyGetKey | undefined {
    if (underWay) return underWay;
    if (kept && kept.lookup !== copy) return kept.lookup;
    if (settings.clock.now() < nextUnknownAt) return undefined;
    nextUnknownAt = settings.clock.now() + UNKNOWN_KEY_INTERVAL_MS;
    return fetched();
  }

  return async (header, token) => {
    const copy = kept && kept.until > settings.clock.now() ? kept.lookup : undefined;
    if (!copy) return (await fetched())(header, token);
    try {
      return await copy(header, token);
    } catch (error) {
      const newer = error instanceof errors.JWKSNoMatchingKey ? await newerThan(copy) : undefined;
      if (!newer) throw error;
      return newer(header, token);
    }
  };
}
