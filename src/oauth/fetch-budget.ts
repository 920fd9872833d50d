import type { Clock } from '@alongside/kernel/clock';

interface Account {
  left: number;
  /** When the last was given back, in milliseconds. */
  since: number;
}

/** How many fetches of one address may follow each other at once. */
const fetchesAtOnce = 20;
/** Milliseconds after which one more may follow, once those are spent. */
const fetchPause = 3_000;
/** Most addresses that are counted; the one that waited longest is forgotten first. */
const mostAddresses = 10_000;

/**
 * How often an address is fetched because somebody unknown wants it: by an unknown kid, by a bad signature, or where the last
 * fetch failed. A stranger can neither make us flood the address nor, beyond the pause, keep a new key of its owner away.
 */
export class FetchBudget {
  readonly #clock: Clock;
  readonly #accounts = new Map<string, Account>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one fetch of this address; false when none is left now. */
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
    // A clock that was set back gives all back: nobody waits for a time that has been.
    if (now < since) return { left: fetchesAtOnce, since: now };
    const gained = Math.floor((now - since) / fetchPause);
    const full = left + gained >= fetchesAtOnce;
    return full
      ? { left: fetchesAtOnce, since: now }
      : { left: left + gained, since: since + gained * fetchPause };
  }

  #forget(): void {
    if (this.#accounts.size <= mostAddresses) return;
    const [longest] = this.#accounts.keys();
    if (longest !== undefined) this.#accounts.delete(longest);
  }
}
