import type { Clock } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { inBatches, removeSomeStatement } from './batches.ts';
import { type Database, must, type Statement, sql } from './database.ts';

/** The state of a value that was found but may not be used (again). */
export interface SpentValue<P> {
  payload: P;
  usedAt: number | null;
  expiresAt: number;
}

/**
 * Values that may be used once: authorization codes, states, request URIs, hand-offs, exchange codes, jtis.
 * A value is kept under its kind and its hash; using it is one conditional write, so exactly one use wins
 * among any number of processes, and a value of one kind is never a value of another.
 */
export class SingleUse {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The write that keeps a value until it expires. `lifetime` in milliseconds. */
  keeping(kind: string, value: string, payload: unknown, lifetime: number): Statement {
    const now = this.#clock.now();
    return sql(
      'INSERT INTO single_use (kind, hash, payload, created_at, expires_at) VALUES (?, ?, ?, ?, ?)',
      kind,
      sha256(value),
      JSON.stringify(payload ?? null),
      now,
      now + lifetime,
    );
  }

  /** @param others writes of the same act, such as its audit record */
  async keep(
    kind: string,
    value: string,
    payload: unknown,
    lifetime: number,
    ...others: Statement[]
  ): Promise<void> {
    await this.#database.batch([this.keeping(kind, value, payload, lifetime), ...others]);
  }

  /** The conditional write that spends a value; as a `must` it makes a batch happen only for the winner. */
  spending(kind: string, value: string): Statement {
    const now = this.#clock.now();
    return must(
      sql(
        'UPDATE single_use SET used_at = ? WHERE kind = ? AND hash = ? AND used_at IS NULL AND expires_at > ? RETURNING payload',
        now,
        kind,
        sha256(value),
        now,
      ),
    );
  }

  /** Spends a value: its payload for the one winner, undefined for everybody else, too late or unknown. */
  async spend<P>(kind: string, value: string): Promise<P | undefined> {
    const { rows } = await this.#database.run(this.spending(kind, value));
    const payload = rows[0]?.payload;
    return typeof payload === 'string' ? (JSON.parse(payload) as P) : undefined;
  }

  /** Reads a value that is still unused, without spending it. */
  async peek<P>(kind: string, value: string): Promise<P | undefined> {
    const found = await this.find<P>(kind, value);
    return found && found.usedAt === null && found.expiresAt > this.#clock.now() ? found.payload : undefined;
  }

  /** Reads a value whether it was used, has expired, or neither. */
  async find<P>(kind: string, value: string): Promise<SpentValue<P> | undefined> {
    const row = await this.#database.get<{ payload: string; used_at: number | null; expires_at: number }>(
      sql(
        'SELECT payload, used_at, expires_at FROM single_use WHERE kind = ? AND hash = ?',
        kind,
        sha256(value),
      ),
    );
    return row && { payload: JSON.parse(row.payload) as P, usedAt: row.used_at, expiresAt: row.expires_at };
  }

  /**
   * Replaces the payload of an unused value; false when it was used or has expired meanwhile.
   * @param others writes of the same act, such as its audit record
   */
  async replace(kind: string, value: string, payload: unknown, ...others: Statement[]): Promise<boolean> {
    const replace = sql(
      'UPDATE single_use SET payload = ? WHERE kind = ? AND hash = ? AND used_at IS NULL AND expires_at > ?',
      JSON.stringify(payload ?? null),
      kind,
      sha256(value),
      this.#clock.now(),
    );
    return (await this.#database.batch([must(replace), ...others])).done;
  }

  /** The write that claims a value that its sender made, such as a jti. Claimed for `lifetime` milliseconds. */
  claiming(kind: string, value: string, lifetime: number): Statement {
    const now = this.#clock.now();
    // A claim that has run out may be made again: the sweep may not have passed yet.
    return must(
      sql(
        `INSERT INTO single_use (kind, hash, payload, created_at, expires_at, used_at) VALUES (?, ?, 'null', ?, ?, ?)
         ON CONFLICT (kind, hash) DO UPDATE SET created_at = excluded.created_at, expires_at = excluded.expires_at
         WHERE single_use.expires_at <= excluded.created_at`,
        kind,
        sha256(value),
        now,
        now + lifetime,
        now,
      ),
    );
  }

  /** Claims a value: true for the first, false for everybody after it. */
  async claim(kind: string, value: string, lifetime: number): Promise<boolean> {
    const { changes } = await this.#database.run(this.claiming(kind, value, lifetime));
    return changes === 1;
  }

  /** Whether a value was claimed and the claim still holds. */
  async claimed(kind: string, value: string): Promise<boolean> {
    const found = await this.find(kind, value);
    return found !== undefined && found.expiresAt > this.#clock.now();
  }

  /** Removes values that expired more than an hour ago; until then a late use is told from an unknown value. Returns whether more are left. */
  sweep(): Promise<boolean> {
    const before = this.#clock.now() - 3_600_000;
    const old = { table: 'single_use', key: 'kind, hash', column: 'expires_at', before };
    return inBatches(async () => (await this.#database.run(removeSomeStatement(old))).changes);
  }
}
