import type { Clock } from '@alongside/kernel/clock';

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
const mostAddresses = 10_000;

/**
 * Limits fetches that unauthenticated requests cause: by an unknown kid, by an invalid signature, or after a failed fetch. Such
 * requests can neither flood the address nor, beyond the pause, hide a new key of its owner.
 */
export class FetchBudget {
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
    if (this.#accounts.size <= mostAddresses) return;
    const [longest] = this.#accounts.keys();
    if (longest !== undefined) this.#accounts.delete(longest);
  }
}
