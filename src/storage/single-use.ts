import type { Clock } from '@alongside/kernel/clock';
import { parseOwnJson } from '@alongside/kernel/json';
import { orderedHash } from '@alongside/kernel/secrets';
import { removeOld } from './batches.ts';
import { type Database, must, type Statement, sql } from './database.ts';
import { Jtis } from './jtis.ts';

/**
 * Condition of a write on four values: kind and hash of an act, and two times. It holds unless the act was noted after the first
 * and until the second one. On SQLite, one writes at a time. Migration 35 explains PostgreSQL's.
 */
export const unnotedConditions: Readonly<Record<Database['dialect'], string>> = {
  sqlite:
    'NOT EXISTS (SELECT 1 FROM single_use WHERE kind = ? AND hash = ? AND created_at > ? AND created_at <= ?)',
  postgres: 'NOT alongside_noted(?, ?, ?, ?)',
};

const unnotedTexts: Readonly<Record<Database['dialect'], string>> = {
  sqlite: `SELECT 1 AS unnoted WHERE ${unnotedConditions.sqlite}`,
  postgres: `SELECT 1 AS unnoted WHERE ${unnotedConditions.postgres}`,
};
/** The times of `unnotedConditions` for an act that counts whenever it was. */
export const anyTime = [-1, Number.MAX_SAFE_INTEGER] as const;

const noteColumns = '(kind, hash, payload, created_at, expires_at, used_at)';
const noteAgain =
  'ON CONFLICT (kind, hash) DO UPDATE SET created_at = excluded.created_at, expires_at = excluded.expires_at';
const noteTexts: Readonly<Record<Database['dialect'], string>> = {
  sqlite: `INSERT INTO single_use ${noteColumns} VALUES (?, ?, 'null', ?, ?, ?) ${noteAgain}`,
  postgres: `WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended(?, 0)))
    INSERT INTO single_use ${noteColumns} SELECT ?, ?, 'null', CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT) FROM turn ${noteAgain}`,
};

/** The state of a value that may no longer be usable. */
export interface SpentValue<P> {
  payload: P;
  usedAt: number | null;
  expiresAt: number;
}

/**
 * Single-use values: authorization codes, states, request URIs, hand-offs, exchange codes. A value is stored under its kind
 * and its hash. Spending it is one conditional write, so exactly one use succeeds among any number of processes. A value of one
 * kind is never valid as another.
 */
export class SingleUse {
  readonly #database: Database;
  readonly #clock: Clock;
  /** The short-lived values of other parties. */
  readonly jtis: Jtis;

  constructor(database: Database, clock: Clock, jtis = new Jtis(database, clock)) {
    this.jtis = jtis;
    this.#database = database;
    this.#clock = clock;
  }

  /** Returns the statement that stores a value until it expires. `lifetime` is in milliseconds. */
  keepStatement(kind: string, value: string, payload: unknown, lifetime: number): Statement {
    const now = this.#clock.now();
    return sql(
      'INSERT INTO single_use (kind, hash, payload, created_at, expires_at) VALUES (?, ?, ?, ?, ?)',
      kind,
      orderedHash(value),
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
    await this.#database.batch([this.keepStatement(kind, value, payload, lifetime), ...others]);
  }

  /** Returns the conditional statement that spends a value; as a `must`, it lets only the winner's batch succeed. */
  spendStatement(kind: string, value: string): Statement {
    const now = this.#clock.now();
    return must(
      sql(
        'UPDATE single_use SET used_at = ? WHERE kind = ? AND hash = ? AND used_at IS NULL AND expires_at > ? RETURNING payload',
        now,
        kind,
        orderedHash(value),
        now,
      ),
      'returns',
    );
  }

  /** Spends a value. Returns its payload to one caller, and undefined for a spent, expired or unknown value. */
  async spend<P>(kind: string, value: string): Promise<P | undefined> {
    const { rows } = await this.#database.run(this.spendStatement(kind, value));
    const payload = rows[0]?.payload;
    return typeof payload === 'string' ? parseOwnJson<P>(payload) : undefined;
  }

  /** Reads an unused value without spending it. */
  async peek<P>(kind: string, value: string): Promise<P | undefined> {
    const found = await this.find<P>(kind, value);
    return found && found.usedAt === null && found.expiresAt > this.#clock.now() ? found.payload : undefined;
  }

  /** Reads a value even if it was used or has expired. */
  async find<P>(kind: string, value: string): Promise<SpentValue<P> | undefined> {
    const row = await this.#database.get<{ payload: string; used_at: number | null; expires_at: number }>(
      sql(
        'SELECT payload, used_at, expires_at FROM single_use WHERE kind = ? AND hash = ?',
        kind,
        orderedHash(value),
      ),
    );
    return row && { payload: parseOwnJson(row.payload), usedAt: row.used_at, expiresAt: row.expires_at };
  }

  /**
   * Replaces the payload of an unused value; returns false if it was used or has expired.
   * @param others writes of the same act, such as its audit record
   */
  async replace(kind: string, value: string, payload: unknown, ...others: Statement[]): Promise<boolean> {
    return (await this.#database.batch([this.replaceStatement(kind, value, payload), ...others])).done;
  }

  /** Returns the conditional statement that replaces the payload of an unused value. @param before the payload that it must have */
  replaceStatement(kind: string, value: string, payload: unknown, before?: unknown): Statement {
    const unchanged = before === undefined ? '' : ' AND payload = ?';
    return must(
      sql(
        `UPDATE single_use SET payload = ? WHERE kind = ? AND hash = ? AND used_at IS NULL AND expires_at > ?${unchanged}`,
        JSON.stringify(payload ?? null),
        kind,
        orderedHash(value),
        this.#clock.now(),
        ...(before === undefined ? [] : [JSON.stringify(before)]),
      ),
    );
  }

  /** Returns the statement that claims a value created by its sender for `lifetime` milliseconds, with this payload. */
  claimStatement(kind: string, value: string, lifetime: number, payload: unknown = null): Statement {
    const now = this.#clock.now();
    // An expired claim may be made again before the sweep removes it.
    return must(
      sql(
        `INSERT INTO single_use (kind, hash, payload, created_at, expires_at, used_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (kind, hash) DO UPDATE
         SET payload = excluded.payload, created_at = excluded.created_at, expires_at = excluded.expires_at
         WHERE single_use.expires_at <= excluded.created_at`,
        kind,
        orderedHash(value),
        JSON.stringify(payload),
        now,
        now + lifetime,
        now,
      ),
    );
  }

  /**
   * Returns the statement that notes the time of an act for `lifetime` milliseconds: the time of the last one counts. When it is
   * committed, so is every batch whose `unnotedConditions` did not see it.
   */
  noteStatement(kind: string, value: string, lifetime: number): Statement {
    const now = this.#clock.now();
    const hash = orderedHash(value);
    const row = [kind, hash, now, now + lifetime, now];
    return this.#database.dialect === 'postgres'
      ? sql(noteTexts.postgres, `${kind}${hash}`, ...row)
      : sql(noteTexts.sqlite, ...row);
  }

  async note(kind: string, value: string, lifetime: number): Promise<void> {
    await this.#database.run(this.noteStatement(kind, value, lifetime));
  }

  /** Returns the condition that an act was not noted. Another process cannot note it before the batch is committed. */
  unnotedStatement(kind: string, value: string): Statement {
    return must(sql(unnotedTexts[this.#database.dialect], kind, orderedHash(value), ...anyTime), 'reads');
  }

  /** Claims a value: returns true for the first caller, false for later ones. */
  async claim(kind: string, value: string, lifetime: number): Promise<boolean> {
    const { changes } = await this.#database.run(this.claimStatement(kind, value, lifetime));
    return changes === 1;
  }

  /** Returns whether a value was claimed and the claim has not expired. */
  async claimed(kind: string, value: string): Promise<boolean> {
    const found = await this.find(kind, value);
    return found !== undefined && found.expiresAt > this.#clock.now();
  }

  /**
   * Removes values that expired more than an hour ago; until then, a late use and an unknown value are distinguished. Returns
   * whether more remain.
   */
  async sweep(): Promise<boolean> {
    const before = this.#clock.now() - 3_600_000;
    const old = { table: 'single_use', key: 'kind, hash', column: 'expires_at', before };
    const more = await removeOld(this.#database, old);
    return (await this.jtis.sweep()) || more;
  }
}
