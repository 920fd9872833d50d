import type { KeyObject } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { type JsonWebKey, publicKeyOf } from '@alongside/kernel/jws';
import { OutboundError, type OutboundPolicy, outbound } from '@alongside/kernel/outbound';
import { onceFor } from '../storage/row.ts';
import { keySetAddressProblem } from './registered-addresses.ts';

interface Account {
  left: number;
  /** Time of the last refill in milliseconds. */
  since: number;
}

/** Maximum number of consecutive fetches of one address. */
const fetchesAtOnce = 20;
/** Milliseconds until one more fetch is allowed. */
const fetchPause = 3_000;
/** Maximum number of counted addresses; the least recently used one is dropped first. */
const maxAddresses = 10_000;

/**
 * Limits fetches that unauthenticated requests cause: by an unknown kid, by an invalid signature, or after a failed fetch. Such
 * requests can neither flood the address nor, beyond the pause, hide a new key of its owner.
 */
class FetchBudget {
  readonly #clock: Clock;
  readonly #accounts = new Map<string, Account>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one fetch of an address. Returns false if none is left. */
  take(address: string): boolean {
    const now = this.#clock.now();
    const account = this.#accounts.get(address);
    const next = account ? this.#refilled(account, now) : { left: fetchesAtOnce, since: now };
    const allowed = next.left > 0;
    if (allowed) next.left -= 1;
    this.#accounts.delete(address);
    this.#accounts.set(address, next);
    this.#forget();
    return allowed;
  }

  #refilled({ left, since }: Account, now: number): Account {
    // A clock that was set back refills the budget.
    if (now < since) return { left: fetchesAtOnce, since: now };
    const gained = Math.floor((now - since) / fetchPause);
    const full = left + gained >= fetchesAtOnce;
    return full
      ? { left: fetchesAtOnce, since: now }
      : { left: left + gained, since: since + gained * fetchPause };
  }

  #forget(): void {
    if (this.#accounts.size <= maxAddresses) return;
    const [longest] = this.#accounts.keys();
    if (longest !== undefined) this.#accounts.delete(longest);
  }
}

interface CachedSet {
  keys: ReadonlyMap<string, KeyObject>;
  /** Unchanged. */
  jwks: readonly JsonWebKey[];
  fetchedAt: number;
  revision: number | undefined;
}

/** Milliseconds for which a fetched key set is used. */
const cacheTime = 3_600_000;
/** Milliseconds for which a fetched set is not fetched again for an invalid signature. */
const justFetched = 1_000;
const maxKeys = 100;
const maxSets = 1_000;

/** Returns the public signature keys of a JWK set by kid, read once for each set. */
export function readKeySet(set: unknown): ReadonlyMap<string, KeyObject> {
  const list = (set as { keys?: unknown } | null)?.keys;
  return Array.isArray(list) ? keysIn(list) : noKeys;
}

const noKeys: ReadonlyMap<string, KeyObject> = new Map();
const keysIn = onceFor((list: readonly JsonWebKey[]): ReadonlyMap<string, KeyObject> => {
  const keys = new Map<string, KeyObject>();
  for (const jwk of list.slice(0, maxKeys)) {
    if (typeof jwk?.kid !== 'string' || jwk.use === 'enc') continue;
    const key = publicKeyOf(jwk);
    if (key && !keys.has(jwk.kid)) keys.set(jwk.kid, key);
  }
  return keys;
});

/** Stores a value of an address. Removes the oldest if there are too many. */
function remember<T>(values: Map<string, T>, address: string, value: T): void {
  values.delete(address);
  values.set(address, value);
  const [first] = values.keys();
  if (values.size > maxSets && first !== undefined) values.delete(first);
}

/** Public keys at addresses of others. They are cached, and fetched again for an unknown kid, within `FetchBudget`. */
export class RemoteKeys {
  readonly #clock: Clock;
  readonly #policy: OutboundPolicy;
  readonly #revision: () => number | undefined;
  readonly #sets = new Map<string, CachedSet>();
  readonly #budget: FetchBudget;
  /** Reason of the last failed fetch of each address. */
  readonly #failures = new Map<string, string>();
  readonly #fetching = new Map<string, Promise<CachedSet>>();

  /** @param revision changes when a cached set may be outdated, such as after a key of a mock realm was removed */
  constructor(clock: Clock, policy: OutboundPolicy, revision: () => number | undefined = () => undefined) {
    this.#revision = revision;
    this.#clock = clock;
    this.#policy = policy;
    this.#budget = new FetchBudget(clock);
  }

  /** Returns the keys of a registered set that have not expired; `exp` is in seconds. */
  live({ keys }: { keys: readonly JsonWebKey[] }): readonly JsonWebKey[] {
    if (!keys.some(({ exp }) => typeof exp === 'number')) return keys;
    const now = this.#clock.now() / 1_000;
    return keys.filter(({ exp }) => typeof exp !== 'number' || exp > now);
  }

  /** Returns the key with this kid at an address; undefined if the set does not contain it. Throws OutboundError if the set cannot be fetched. */
  async key(address: string, kid: string): Promise<KeyObject | undefined> {
    const fresh = this.#fresh(address);
    const found = fresh?.keys.get(kid);
    if (found) return found;
    if (fresh && !this.#budget.take(address)) return undefined;
    return (await (fresh ? this.#fetch(address) : this.#again(address))).keys.get(kid);
  }

  /** Returns the current key with a kid if it differs from this one, unless it was just fetched. */
  async replaced(address: string, kid: string, held: KeyObject): Promise<KeyObject | undefined> {
    const key = (await this.#fetchNewer(address))?.keys.get(kid);
    return key && !key.equals(held) ? key : undefined;
  }

  /** Returns the current keys at an address; undefined if they were just fetched. */
  async newer(address: string): Promise<readonly JsonWebKey[] | undefined> {
    return (await this.#fetchNewer(address))?.jwks;
  }

  async #fetchNewer(address: string): Promise<CachedSet | undefined> {
    const age = Math.abs(this.#clock.now() - (this.#sets.get(address)?.fetchedAt ?? 0));
    return age < justFetched || !this.#budget.take(address) ? undefined : this.#fetch(address);
  }

  /** Returns all keys at an address unchanged. Throws OutboundError if the set cannot be fetched. */
  async all(address: string): Promise<readonly JsonWebKey[]> {
    return (this.#fresh(address) ?? (await this.#again(address))).jwks;
  }

  #fresh(address: string): CachedSet | undefined {
    const cached = this.#sets.get(address);
    return cached?.revision === this.#revision() &&
      cached &&
      Math.abs(this.#clock.now() - cached.fetchedAt) < cacheTime
      ? cached
      : undefined;
  }

  /** Fetches an uncached set. After several failures, it waits for the pause. */
  #again(address: string): Promise<CachedSet> {
    const failure = this.#failures.get(address);
    if (failure === undefined || this.#fetching.has(address) || this.#budget.take(address))
      return this.#fetch(address);
    return Promise.reject(
      new OutboundError(`${failure} (shortly before this request; it is not asked again at once)`),
    );
  }

  #fetch(address: string): Promise<CachedSet> {
    const problem = keySetAddressProblem(address);
    if (problem) return Promise.reject(new OutboundError(`the address ${problem}`));
    const running = this.#fetching.get(address);
    if (running) return running;
    const fetching = this.#read(address)
      .then(
        (set) => this.#keep(address, set),
        (error: unknown) => {
          remember(this.#failures, address, reasonOf(error));
          throw error;
        },
      )
      .finally(() => this.#fetching.delete(address));
    this.#fetching.set(address, fetching);
    return fetching;
  }

  #keep(address: string, set: CachedSet): CachedSet {
    this.#failures.delete(address);
    remember(this.#sets, address, set);
    return set;
  }

  async #read(address: string): Promise<CachedSet> {
    // Read before the fetch, so that a concurrent change makes the set outdated at once.
    const revision = this.#revision();
    const { status, body } = await outbound(address, this.#policy, {
      purpose: 'jwks',
      headers: { accept: 'application/json' },
    });
    if (status !== 200) throw new OutboundError(`it answered ${status}`);
    let parsed: unknown;
    try {
      parsed = JSON.parse(body);
    } catch (error) {
      throw new OutboundError(`it is not JSON: ${reasonOf(error)}`);
    }
    const jwks = (parsed as { keys?: unknown } | null)?.keys;
    if (!Array.isArray(jwks)) throw new OutboundError('it is not a JWK set');
    return {
      keys: readKeySet(parsed),
      jwks: jwks.filter((jwk) => typeof jwk === 'object' && jwk !== null).slice(0, maxKeys) as JsonWebKey[],
      fetchedAt: this.#clock.now(),
      revision,
    };
  }
}
