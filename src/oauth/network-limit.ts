import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { callerNetwork } from '@alongside/kernel/networks';
import { sha256 } from '@alongside/kernel/secrets';
import { z } from 'zod';
import type { AuditLog } from '../storage/audit.ts';
import { type Database, must, type Statement, sql } from '../storage/database.ts';

const minute = 60_000;
const perMinute = z.number('must be a number').int('must be a whole number').min(1, 'must be 1 or more');

/**
 * Limits of one network in a minute: unauthenticated requests, failed authentications, and rows that are created before sign-in.
 */
export const networkLimits = z.strictObject({
  requests: perMinute.default(3_000),
  failures: perMinute.default(600),
  rows: perMinute.default(6_000),
});

export type NetworkLimits = z.output<typeof networkLimits>;

/**
 * Limits unauthenticated requests by network, so that they never use up the quota of an application or a user. Counts are stored
 * for all processes together. There may be a row for each network, so rows expire and are removed with the single-use values.
 */
export class NetworkLimit {
  readonly #storage: { database: Database; clock: Clock; audit?: AuditLog };
  readonly #name: string;
  readonly #limit: number;
  readonly #window: number;

  /**
   * @param name limits with the same name share their counts
   * @param limit requests in each window of `window` milliseconds
   */
  constructor(
    storage: { database: Database; clock: Clock; audit?: AuditLog },
    name: string,
    limit: number,
    window = minute,
  ) {
    this.#storage = storage;
    this.#name = name;
    this.#limit = limit;
    this.#window = window;
  }

  /** Counts a refusal for the audit log, which records sums of a network and minute. */
  noteRefusal(address: string): void {
    this.#storage.audit?.countUnproven(this.#name, address);
  }

  /** Counts one request from the network of this address. Returns false, and stores nothing, once the limit is reached. */
  async admits(address: string): Promise<boolean> {
    return (await this.#storage.database.run(this.countStatement(address))).changes === 1;
  }

  /** Returns the conditional write that counts requests, or the rows of one, from the network of this address. */
  countStatement(address: string, count = 1): Statement {
    const start = Math.floor(this.#storage.clock.now() / this.#window) * this.#window;
    // A window may begin in the future if the clock was moved back: it is replaced as well.
    return must(
      sql(
        `INSERT INTO single_use (kind, hash, payload, created_at, expires_at)
         SELECT ?, ?, ?, CAST(? AS BIGINT), CAST(? AS BIGINT) WHERE CAST(? AS INTEGER) >= 0
         ON CONFLICT (kind, hash) DO UPDATE SET
           payload = CASE WHEN single_use.created_at = excluded.created_at
             THEN CAST(CAST(single_use.payload AS INTEGER) + CAST(excluded.payload AS INTEGER) AS TEXT)
             ELSE excluded.payload END,
           created_at = excluded.created_at,
           expires_at = excluded.expires_at
         WHERE single_use.created_at <> excluded.created_at OR CAST(single_use.payload AS INTEGER) <= ?`,
        `network-${this.#name}`,
        sha256(callerNetwork(address)),
        String(count),
        start,
        start + this.#window,
        this.#limit - count,
        this.#limit - count,
      ),
    );
  }
}

/**
 * Counts a failed client authentication for the network of the caller. Returns what to throw: the failure, or `refuse`
 * beyond the limit of the network. A valid client is never limited, so others in its network cannot lock it out. Secrets are
 * too long to be guessed (RFC 6749 section 10.10).
 */
export async function refusalOfFailure(
  limit: NetworkLimit,
  refuse: (detail: string) => Error,
  { address }: Pick<HttpRequest, 'address'>,
  thrown: unknown,
): Promise<unknown> {
  if (!(thrown instanceof Refusal)) return thrown;
  limit.noteRefusal(address);
  if (await limit.admits(address)) return thrown;
  return refuse(`too many failures from this network; this one: ${thrown.detail}`);
}

/** All networks together create as many as this many networks may, in each process. */
const networksInTotal = 10;
/** The part of its limit that a network keeps while all together have used up half of the total. */
const fairShare = 0.01;

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
