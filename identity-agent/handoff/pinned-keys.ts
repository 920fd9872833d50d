import type { KeyObject } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { type JsonWebKey, keyFits, publicKeyOf } from '@alongside/kernel/jws';
import { ServerCallError, type Servers } from '../server-call.ts';

const cacheTime = 3_600_000;
/** Maximum number of fetches a minute for unknown kids, so that no one can make us flood CIS2. */
const fetchesPerMinute = 20;
const mostKeys = 100;

/** The public keys of the trusted CIS2, only from the configured address. */
export class PinnedKeys {
  readonly #url: string;
  readonly #servers: Servers;
  readonly #clock: Clock;
  #keys: ReadonlyMap<string, KeyObject> | undefined;
  #fetchedAt = 0;
  #minute = 0;
  #fetches = 0;
  #fetching: Promise<ReadonlyMap<string, KeyObject>> | undefined;

  constructor(url: string, servers: Servers, clock: Clock) {
    this.#url = url;
    this.#servers = servers;
    this.#clock = clock;
  }

  /** Returns the key with this kid. @throws ServerCallError if no key set is available */
  async key(kid: string): Promise<KeyObject | undefined> {
    const now = this.#clock.now();
    const fresh = this.#keys && Math.abs(now - this.#fetchedAt) < cacheTime;
    const found = fresh ? this.#keys?.get(kid) : undefined;
    if (found || (fresh && !this.#mayFetch(now))) return found;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return (await this.#fetching).get(kid);
  }

  #mayFetch(now: number): boolean {
    const minute = Math.floor(now / 60_000);
    if (minute !== this.#minute) this.#fetches = 0;
    this.#minute = minute;
    this.#fetches += 1;
    return this.#fetches <= fetchesPerMinute;
  }

  async #fetch(): Promise<ReadonlyMap<string, KeyObject>> {
    const { status, body } = await this.#servers.call({ method: 'GET', url: this.#url });
    const list = (body as { keys?: unknown } | undefined)?.keys;
    if (status !== 200 || !Array.isArray(list))
      throw new ServerCallError(`there is no key set at ${this.#url}: status ${status}`);
    const keys = new Map<string, KeyObject>();
    for (const jwk of list.slice(0, mostKeys) as JsonWebKey[]) {
      const key = publicKeyOf(jwk);
      if (key && typeof jwk.kid === 'string' && jwk.use !== 'enc' && keyFits('ES256', key))
        keys.set(jwk.kid, key);
    }
    this.#keys = keys;
    this.#fetchedAt = this.#clock.now();
    return keys;
  }
}
