import type { KeyObject } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { publicKeyOf } from '@alongside/kernel/jws';
import { FetchError, type FetchPolicy, safeFetch } from './safe-fetch.ts';

interface CachedSet {
  keys: Map<string, KeyObject>;
  /** As they came. */
  jwks: readonly JsonWebKey[];
  fetchedAt: number;
}

interface Refetches {
  minute: number;
  count: number;
}

/** How long a fetched key set is used, in milliseconds. */
const cacheTime = 3_600_000;
/** How many fetches a minute unknown kids and bad signatures may cause at one address, so that nobody can make us flood it. */
const refetchesPerMinute = 20;
/** A set of this age in milliseconds is not fetched again for a bad signature. */
const justFetched = 1_000;
const mostKeys = 100;
const mostSets = 1_000;

/** The keys of a JWK set by kid; those that are no public signature keys are left out. */
export function readKeySet(set: unknown): Map<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  const list = (set as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(list)) return keys;
  for (const jwk of list.slice(0, mostKeys) as JsonWebKey[]) {
    if (typeof jwk?.kid !== 'string' || jwk.use === 'enc') continue;
    const key = publicKeyOf(jwk);
    if (key && !keys.has(jwk.kid)) keys.set(jwk.kid, key);
  }
  return keys;
}

/** Public keys that others publish. Fetched safely, cached, and fetched once more when a kid is unknown. */
export class RemoteKeys {
  readonly #clock: Clock;
  readonly #policy: FetchPolicy;
  readonly #sets = new Map<string, CachedSet>();
  readonly #refetches = new Map<string, Refetches>();
  readonly #fetching = new Map<string, Promise<CachedSet>>();

  constructor(clock: Clock, policy: FetchPolicy) {
    this.#clock = clock;
    this.#policy = policy;
  }

  /** The keys of a registered set that count now: `exp`, in seconds, is when one stops to. */
  live({ keys }: { keys: readonly JsonWebKey[] }): JsonWebKey[] {
    const now = this.#clock.now() / 1_000;
    return keys.filter(({ exp }) => typeof exp !== 'number' || exp > now);
  }

  /** The key with this kid at this address; undefined when the set has none. Throws FetchError when there is no set. */
  async key(address: string, kid: string): Promise<KeyObject | undefined> {
    const now = this.#clock.now();
    const cached = this.#sets.get(address);
    const fresh = cached && Math.abs(now - cached.fetchedAt) < cacheTime;
    const found = fresh ? cached.keys.get(kid) : undefined;
    if (found) return found;
    if (fresh && !this.#mayRefetch(address, now)) return undefined;
    return (await this.#fetch(address)).keys.get(kid);
  }

  /** The key that stands under a kid now, where it is another than the one whose signature did not hold; undefined when it is the same, or was fetched a moment ago. */
  async replaced(address: string, kid: string, held: KeyObject): Promise<KeyObject | undefined> {
    const now = this.#clock.now();
    const age = Math.abs(now - (this.#sets.get(address)?.fetchedAt ?? 0));
    if (age < justFetched || !this.#mayRefetch(address, now)) return undefined;
    const key = (await this.#fetch(address)).keys.get(kid);
    return key && !key.equals(held) ? key : undefined;
  }

  /** Every key at this address, as it stands there. Throws FetchError when there is no set. */
  async all(address: string): Promise<readonly JsonWebKey[]> {
    const cached = this.#sets.get(address);
    const fresh = cached && Math.abs(this.#clock.now() - cached.fetchedAt) < cacheTime;
    return (fresh ? cached : await this.#fetch(address)).jwks;
  }

  #mayRefetch(address: string, now: number): boolean {
    const minute = Math.floor(now / 60_000);
    const before = this.#refetches.get(address);
    const count = before?.minute === minute ? before.count + 1 : 1;
    this.#refetches.set(address, { minute, count });
    return count <= refetchesPerMinute;
  }

  #fetch(address: string): Promise<CachedSet> {
    const running = this.#fetching.get(address);
    if (running) return running;
    const fetching = this.#read(address).finally(() => this.#fetching.delete(address));
    this.#fetching.set(address, fetching);
    return fetching;
  }

  async #read(address: string): Promise<CachedSet> {
    const { status, body } = await safeFetch(address, this.#policy, {
      headers: { accept: 'application/json' },
    });
    if (status !== 200) throw new FetchError(`it answered ${status}`);
    let parsed: unknown;
    try {
      parsed = JSON.parse(body);
    } catch (error) {
      throw new FetchError(`it is not JSON: ${reasonOf(error)}`);
    }
    const jwks = (parsed as { keys?: unknown } | null)?.keys;
    if (!Array.isArray(jwks)) throw new FetchError('it is not a JWK set');
    const set = {
      keys: readKeySet(parsed),
      jwks: jwks.filter((jwk) => typeof jwk === 'object' && jwk !== null).slice(0, mostKeys) as JsonWebKey[],
      fetchedAt: this.#clock.now(),
    };
    if (this.#sets.size >= mostSets) {
      this.#sets.clear();
      this.#refetches.clear();
    }
    this.#sets.set(address, set);
    return set;
  }
}
