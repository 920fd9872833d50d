import type { Clock } from '@alongside/kernel/clock';
import type { Database, Statement } from '../storage/database.ts';
import { NetworkLimit, type NetworkLimits, networkLimits } from './network-limit.ts';

/** All networks together create as many as this many networks may, in each process. */
const networksInTotal = 10;
/** The part of its limit that a network keeps while all together have used up half of the total. */
const fairShare = 0.01;
const minute = 60_000;

/**
 * Limits the rows that requests create before they prove anything, such as a sign-in under way or a challenge: for each
 * network, and in total. A few networks that flood a service use up half of the total at most, so that others can still
 * sign in. The total is counted in each process; rows of every kind are swept an hour after they expire.
 */
export class AnonymousRows {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #total: number;
  readonly #usual: NetworkLimit;
  readonly #scarce: NetworkLimit;
  #window = 0;
  #rows = 0;

  /** @param name of the service: services do not share their counts. */
  constructor(
    storage: { database: Database; clock: Clock },
    name: string,
    { rows: perMinute }: Pick<NetworkLimits, 'rows'> = networkLimits.parse({}),
  ) {
    this.#database = storage.database;
    this.#clock = storage.clock;
    this.#total = perMinute * networksInTotal;
    this.#usual = new NetworkLimit(storage, `rows-${name}`, perMinute);
    this.#scarce = new NetworkLimit(
      storage,
      `scarce-rows-${name}`,
      Math.max(1, Math.floor(perMinute * fairShare)),
    );
  }

  /** Counts one row for the network of this address. Returns false when it must not be created. */
  admits(address: string): Promise<boolean> {
    return this.#count(address, 1, []);
  }

  /** Counts and creates rows, each by one statement, in one batch. Returns false, and creates none, beyond a limit. */
  create(address: string, statements: readonly Statement[]): Promise<boolean> {
    return this.#count(address, statements.length, statements);
  }

  async #count(address: string, rows: number, statements: readonly Statement[]): Promise<boolean> {
    const window = Math.floor(this.#clock.now() / minute);
    if (window !== this.#window) [this.#window, this.#rows] = [window, 0];
    if (this.#rows >= this.#total) return false;
    const limit = this.#rows < this.#total / 2 ? this.#usual : this.#scarce;
    // Counted before the answer, so that many requests at once stay below the total as well.
    this.#rows += rows;
    const { done } = await this.#database.batch([limit.countStatement(address, rows), ...statements]);
    if (!done && window === this.#window) this.#rows -= rows;
    return done;
  }
}
