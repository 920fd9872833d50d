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
