import type { Clock } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { inBatches, removeSomeStatement } from '../storage/batches.ts';
import { type Database, found, must, type Statement, sql } from '../storage/database.ts';

/** The record of an access or refresh token. Only the hash of the token is stored. */
export interface TokenRecord {
  kind: 'access' | 'refresh';
  /** Issuer or base path. */
  issuer: string;
  /** Shared by all tokens of one authorization. */
  family: string;
  applicationId: string;
  clientId: string;
  uid: string | null;
  /** CIS2 session. */
  sid: string | null;
  /** Space separated. */
  scope: string;
  /** With the published names of the API platform: `auth_type`, `id_token-subject` and so on. */
  attributes: Record<string, string>;
  issuedAt: number;
  expiresAt: number;
  /** Time of the use of a refresh token. */
  usedAt: number | null;
  revokedAt: number | null;
}

interface TokenRow {
  kind: string;
  issuer: string;
  family: string;
  application_id: string;
  client_id: string;
  uid: string | null;
  sid: string | null;
  scope: string;
  attributes: string;
  issued_at: number;
  expires_at: number;
  used_at: number | null;
  revoked_at: number | null;
}

/** Every column but the hash and the sealed successor. PostgreSQL prepares no statement with `*`. */
const columns =
  'kind, issuer, family, application_id, client_id, uid, sid, scope, attributes, issued_at, expires_at, used_at, revoked_at';

const fromRow = (row: TokenRow): TokenRecord => ({
  kind: row.kind as TokenRecord['kind'],
  issuer: row.issuer,
  family: row.family,
  applicationId: row.application_id,
  clientId: row.client_id,
  uid: row.uid,
  sid: row.sid,
  scope: row.scope,
  attributes: JSON.parse(row.attributes) as Record<string, string>,
  issuedAt: row.issued_at,
  expiresAt: row.expires_at,
  usedAt: row.used_at,
  revokedAt: row.revoked_at,
});

// Families and sessions are revoked twice. In PostgreSQL, a rotation that commits while the first statement waits for its row
// has added rows that this statement does not see. No rotation can begin after it, so the second statement finds all rows.

/** The record of each row that the database shares among reads. */
const records = new WeakMap<TokenRow, TokenRecord>();

function recordOf(row: TokenRow): TokenRecord {
  let record = records.get(row);
  if (!record) {
    record = fromRow(row);
    Object.freeze(record.attributes);
    records.set(row, Object.freeze(record));
  }
  return record;
}

/** The token records of all servers. */
export class Tokens {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Returns the statement that stores a token. */
  issueStatement(token: string, record: Omit<TokenRecord, 'usedAt' | 'revokedAt'>): Statement {
    return sql(
      `INSERT INTO token (hash, kind, issuer, family, application_id, client_id, uid, sid, scope, attributes, issued_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      sha256(token),
      record.kind,
      record.issuer,
      record.family,
      record.applicationId,
      record.clientId,
      record.uid,
      record.sid,
      record.scope,
      JSON.stringify(record.attributes),
      record.issuedAt,
      record.expiresAt,
    );
  }

  /** Returns the record of a token, valid or not. */
  async find(token: string): Promise<TokenRecord | undefined> {
    const statement = sql(`SELECT ${columns} FROM token WHERE hash = ?`, sha256(token));
    const row = await this.#database.get<TokenRow>(found(statement));
    return row && recordOf(row);
  }

  /** Returns the time of the last token of a CIS2 session in milliseconds. */
  async lastGivenOut(sid: string): Promise<number | undefined> {
    const row = await this.#database.get<{ issued_at: number }>(
      sql('SELECT issued_at FROM token WHERE sid = ? ORDER BY issued_at DESC LIMIT 1', sid),
    );
    return row?.issued_at;
  }

  /** Returns whether a token is neither revoked nor spent nor expired. */
  isLive(record: TokenRecord): boolean {
    return record.revokedAt === null && record.usedAt === null && record.expiresAt > this.#clock.now();
  }

  /** Returns the condition that spends a refresh token, so that one rotation succeeds. */
  spendStatement(token: string, successorSealed: string | null = null): Statement {
    const now = this.#clock.now();
    return must(
      sql(
        `UPDATE token SET used_at = ?, successor_sealed = ?
         WHERE hash = ? AND kind = 'refresh' AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ?`,
        now,
        successorSealed,
        sha256(token),
        now,
      ),
    );
  }

  /** Returns the condition that a token is live when the batch is executed. Does not spend it. */
  requireLiveStatement(token: string, kind: TokenRecord['kind'] = 'refresh'): Statement {
    return must(
      sql(
        `UPDATE token SET issued_at = issued_at
         WHERE hash = ? AND kind = ? AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ?`,
        sha256(token),
        kind,
        this.#clock.now(),
      ),
    );
  }

  /** Returns the sealed successor of a used refresh token, for an idempotent retry. */
  async successorOf(token: string): Promise<string | undefined> {
    const row = await this.#database.get<{ successor_sealed: string | null }>(
      sql('SELECT successor_sealed FROM token WHERE hash = ?', sha256(token)),
    );
    return row?.successor_sealed ?? undefined;
  }

  /** Returns the statement that revokes a token. */
  revokeStatement(token: string): Statement {
    return sql(
      'UPDATE token SET revoked_at = ? WHERE hash = ? AND revoked_at IS NULL',
      this.#clock.now(),
      sha256(token),
    );
  }

  /** Returns the statement that revokes all tokens of one authorization. */
  revokeFamilyStatement(family: string): Statement {
    return sql(
      'UPDATE token SET revoked_at = ? WHERE family = ? AND revoked_at IS NULL',
      this.#clock.now(),
      family,
    );
  }

  /** Returns the statement that revokes the access tokens of one authorization, but not its refresh tokens. */
  revokeAccessStatement(family: string): Statement {
    return sql(
      "UPDATE token SET revoked_at = ? WHERE family = ? AND kind = 'access' AND revoked_at IS NULL",
      this.#clock.now(),
      family,
    );
  }

  /**
   * Revokes all tokens of one authorization, also those of a concurrent refresh. Returns the number of revoked tokens.
   * @param record audit record, written only if a token is revoked
   */
  revokeFamily(family: string, record: Statement): Promise<number> {
    return this.#revokeTwice(this.revokeFamilyStatement(family), record);
  }

  /**
   * Revokes the tokens of a session from these issuers, also those of a concurrent refresh. Returns the number of revoked tokens.
   * @param provider limits them to those of one provider, because another may use the same session id
   * @param record audit record, written only if a token is revoked
   */
  revokeSession(
    sid: string,
    issuers: readonly string[],
    provider?: string,
    record?: Statement,
  ): Promise<number> {
    // JSON escapes quotation marks in values, so no value looks like this member.
    const member = provider === undefined ? '' : `"id_token-issuer":${JSON.stringify(provider)}`;
    const marks = issuers.map(() => '?').join(', ');
    const revoking = sql(
      `UPDATE token SET revoked_at = ? WHERE sid = ? AND revoked_at IS NULL AND issuer IN (${marks})
       AND (? = '' OR replace(attributes, ?, '') <> attributes)`,
      this.#clock.now(),
      sid,
      ...issuers,
      member,
      member,
    );
    return this.#revokeTwice(revoking, record);
  }

  /** Revokes twice in one batch, with the record; once more if the first statement changed nothing. */
  async #revokeTwice(revoking: Statement, record: Statement | undefined): Promise<number> {
    const others = record ? [record] : [];
    const both = await this.#database.batch([must(revoking), revoking, ...others]);
    if (both.done) return (both.results[0]?.changes ?? 0) + (both.results[1]?.changes ?? 0);
    const { done, results } = await this.#database.batch([must(revoking), ...others]);
    return done ? (results[0]?.changes ?? 0) : 0;
  }

  /** Removes tokens that expired more than a day ago; until then, expired and unknown tokens differ. Returns whether more remain. */
  sweep(): Promise<boolean> {
    const before = this.#clock.now() - 86_400_000;
    const old = { table: 'token', key: 'hash', column: 'expires_at', before };
    return inBatches(async () => (await this.#database.run(removeSomeStatement(old))).changes);
  }
}
