import type { Clock } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { removeOld } from './batches.ts';
import { type Database, must, type Statement, sql, type Value } from './database.ts';

const width = 300_000;
const hashCharacters = 22;

/** The five minutes of a time in milliseconds. */
export const jtiBucket = (time: number): number => Math.floor(time / width);

/** The first 16 bytes of a SHA-256, as base64url. */
export const hashOf = (sha256: string): string => sha256.slice(0, hashCharacters);

interface Texts {
  readonly used: string;
  readonly use: string;
  /** Two rows: until the jti may be used again, and until its token expires. */
  readonly useTwice: string;
}

const usedByHash = 'SELECT 1 AS used FROM used_jti WHERE kind = ? AND hash = ? AND expires_at > ?';

/** The statements for SQLite by the number of values in `used`, so that each text is made once. */
const texts = new Map<number, Texts>();

function textsOf(values: number): Texts {
  const known = texts.get(values);
  if (known) return known;
  const marks = Array.from({ length: values - 3 }, () => '?').join(', ');
  const used = `SELECT 1 AS used FROM used_jti WHERE bucket IN (${marks}) AND kind = ? AND hash = ? AND expires_at > ?`;
  const use = `INSERT INTO used_jti (bucket, kind, hash, expires_at) SELECT ?, ?, ?, ? WHERE NOT EXISTS (${used})
    ON CONFLICT (bucket, kind, hash) DO UPDATE SET expires_at = excluded.expires_at`;
  const useTwice = `INSERT INTO used_jti (kind, hash, bucket, expires_at)
    SELECT ?, ?, place.column1, place.column2 FROM (VALUES (?, ?), (?, ?)) AS place WHERE NOT EXISTS (${used})
    ON CONFLICT (bucket, kind, hash) DO UPDATE SET expires_at = excluded.expires_at`;
  const made = { used, use, useTwice };
  texts.set(values, made);
  return made;
}

/**
 * The `jti` of each token that may be used once, until the token expires. On SQLite its key begins with the five minutes in which
 * it expires, so rows that are written together are stored together, and the table needs no index. A token with the same jti may
 * expire at another time: a use also looks at the other buckets, and no other process writes at the same time. On PostgreSQL, where
 * one does, the hash alone is the key.
 */
export class Jtis {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Returns the conditional statement that uses a jti: it changes a row for the first user only.
   * @param lifetime milliseconds until it may be used again
   * @param longest the longest lifetime of this kind
   * @param untilExpiry milliseconds until its token expires, if it is remembered longer: a process with a shorter memory looks there
   */
  useStatement(
    kind: string,
    jti: string,
    lifetime: number,
    longest: number,
    untilExpiry = lifetime,
  ): Statement {
    const now = this.#clock.now();
    const expiresAt = now + lifetime;
    const hash = hashOf(sha256(jti));
    const row = [jtiBucket(expiresAt), kind, hash, expiresAt];
    if (this.#database.dialect === 'postgres')
      return must(
        sql(
          `INSERT INTO used_jti (bucket, kind, hash, expires_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (kind, hash) DO UPDATE SET bucket = excluded.bucket, expires_at = excluded.expires_at
           WHERE used_jti.expires_at <= ?`,
          ...row,
          now,
        ),
      );
    const used = this.#usedStatement(kind, hash, Math.max(lifetime, longest));
    const { use, useTwice } = textsOf(used.values.length);
    const expiry = now + untilExpiry;
    const isTwice = jtiBucket(expiry) !== jtiBucket(expiresAt);
    if (!isTwice) return must(sql(use, ...row, ...used.values));
    const places = [jtiBucket(expiresAt), expiresAt, jtiBucket(expiry), expiry];
    return must(sql(useTwice, kind, hash, ...places, ...used.values));
  }

  /** Uses a jti: returns true for the first caller, false for later ones until it expires. */
  async use(kind: string, jti: string, lifetime: number, longest: number): Promise<boolean> {
    const { changes } = await this.#database.run(this.useStatement(kind, jti, lifetime, longest));
    return changes === 1;
  }

  /** Returns whether a jti was used and its token has not expired. */
  async isUsed(kind: string, jti: string, longest: number): Promise<boolean> {
    return (await this.#database.get(this.#usedStatement(kind, hashOf(sha256(jti)), longest))) !== undefined;
  }

  /** Removes those that expired more than an hour ago, because a developer may move the clock back. Returns whether more remain. */
  sweep(): Promise<boolean> {
    const before = jtiBucket(this.#clock.now() - 3_600_000);
    const old = { table: 'used_jti', key: 'bucket, kind, hash', column: 'bucket', before };
    return removeOld(this.#database, old);
  }

  #usedStatement(kind: string, hash: string, longest: number): Statement {
    const now = this.#clock.now();
    if (this.#database.dialect === 'postgres') return sql(usedByHash, kind, hash, now);
    const first = jtiBucket(now);
    const values: Value[] = [];
    for (let n = 0; n < jtiBucket(longest) + 2; n++) values.push(first + n);
    values.push(kind, hash, now);
    return { text: textsOf(values.length).used, values };
  }
}
