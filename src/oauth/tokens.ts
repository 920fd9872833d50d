import type { Clock } from '@alongside/kernel/clock';
import { sha256, type Vault } from '@alongside/kernel/secrets';
import { type Database, found, must, type Row, type Statement, sql } from '../storage/database.ts';
import { OldRows } from '../storage/old-rows.ts';
import { idFromHash, keyOfId, type Place, PlacedValues } from '../storage/placed-values.ts';
import { computed, integer, json, nullable, onceFor, type RowOf, row, text } from '../storage/row.ts';
import {
  type Authorization,
  attributesShape,
  authorizationIn,
  differenceOf,
  findAccess,
  findFirstAccess,
  findRefresh,
  readRecord,
  type TokenGrant,
  type TokenRecord,
} from './token-records.ts';

/** The data of new tokens: of a new authorization, or of a stored one, from which the members may differ. */
export type TokenSource = Authorization & { grant?: TokenGrant | undefined };

/** The table of a token, as the tag of its place. Stored tokens depend on it. */
const tags = { firstAccess: 1, access: 2, refresh: 3 } as const;
type Table = keyof typeof tags;
const tables = new Map<number, Table>(Object.entries(tags).map(([table, tag]) => [tag, table as Table]));

/** Where the row of a token is. */
export interface TokenPlace {
  readonly id: number;
  readonly hash: string;
  /** Undefined for a token of a former version, which may be a later access token or a refresh token. */
  readonly table: Table | undefined;
}

export interface PlacedToken extends TokenPlace {
  readonly token: string;
}

/** A token to store, with the members that may differ from its authorization. */
export interface NewToken
  extends PlacedToken,
    Pick<TokenRecord, 'kind' | 'scope' | 'attributes' | 'issuedAt' | 'expiresAt'> {}

const jtiMember = '{"jti":"';
const jtiEnd = jtiMember.length + 44;
/** Characters of base64url of the payload up to the end of `jti`. */
const jtiCharacters = 72;

/** Returns the `jti` of a JWT that begins with it. */
function jtiOf(token: string): string | undefined {
  const start = token.indexOf('.') + 1;
  if (start === 0) return undefined;
  const head = Buffer.from(token.slice(start, start + jtiCharacters), 'base64url').toString('latin1');
  return head.startsWith(jtiMember) && head[jtiEnd] === '"'
    ? head.slice(jtiMember.length, jtiEnd)
    : undefined;
}

/** The record of each row that the database shares among reads. */
const sharedRecord = onceFor((stored: Row) => readRecord('access', stored));

const day = 86_400_000;
/** Maximum number of access tokens with a remembered place. */
const maxPlaces = 5_000;
/** Maximum number of authorizations in memory, of about 4 KB each. */
const maxAuthorizations = 2_000;
const successorRow = row('refresh_token', { successor_sealed: nullable(text) });
const openIdGrantRow = row('token_grant', {
  application_id: text,
  client_id: text,
  issuer: text,
  uid: computed(text),
});
/** An authorization with ID tokens. */
export type OpenIdGrant = RowOf<typeof openIdGrantRow>;

const attributesRow = row('token_grant', { attributes: json(attributesShape) });
const partiesRow = row('token_grant', { application_id: text, uid: nullable(text) });
const lastRow = row('token_grant refresh_token', {
  granted: computed(nullable(integer)),
  refreshed: computed(nullable(integer)),
});

/** A live grant of a row of the table. */
const liveGrant = (table: 'access_token' | 'refresh_token', and = ''): string =>
  `EXISTS (SELECT 1 FROM token_grant g WHERE g.id = ${table}.grant_id AND g.part = ${table}.grant_part
   AND g.revoked_at IS NULL${and})`;

interface GrantKey {
  id: number;
  part: number;
}

/** A new token with its difference from the authorization. */
interface NewRow extends NewToken {
  own: string | null;
}

function tokenStatement(
  { kind, id, hash, own, issuedAt, expiresAt }: NewRow,
  grant: GrantKey,
  generation: number,
): Statement {
  const values = [id, hash, grant.id, grant.part, own, issuedAt, expiresAt];
  return kind === 'refresh'
    ? sql(
        `INSERT INTO refresh_token (id, hash, grant_id, grant_part, own, issued_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        ...values,
      )
    : sql(
        `INSERT INTO access_token (id, hash, grant_id, grant_part, own, issued_at, expires_at, generation)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        ...values,
        generation,
      );
}

function grantStatement(
  data: Authorization,
  { id, part }: GrantKey,
  tokens: readonly NewRow[],
  first: NewRow | undefined,
): Statement {
  return sql(
    `INSERT INTO token_grant (id, part, family, issuer, application_id, client_id, uid, sid, provider, scope, attributes, issued_at,
     expires_at, generation, access_hash, access_own, access_expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)`,
    id,
    part,
    data.family,
    data.issuer,
    data.applicationId,
    data.clientId,
    data.uid,
    data.sid,
    data.attributes['id_token-issuer'] ?? null,
    data.scope,
    JSON.stringify(data.attributes),
    Math.min(...tokens.map(({ issuedAt }) => issuedAt)),
    Math.max(...tokens.map(({ expiresAt }) => expiresAt)),
    first?.hash ?? null,
    first?.own ?? null,
    first?.expiresAt ?? null,
  );
}

/**
 * The token records of all servers. A token is valid while its authorization is: revoking that is one write. A new authorization
 * holds its first access token.
 */
export class Tokens {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #values: PlacedValues;
  /** By the hash of the token. */
  readonly #places = new Map<string, TokenPlace>();
  /**
   * Authorizations of the newest refresh tokens, by the hash of the token: parsed once, because none changes after it was stored.
   * Whether one is live is read each time.
   */
  readonly #authorizations = new Map<string, Authorization>();
  readonly #old: readonly OldRows[];

  constructor(database: Database, clock: Clock, vault: Vault) {
    this.#database = database;
    this.#clock = clock;
    this.#values = new PlacedValues(vault, clock, 'token');
    this.#old = [
      new OldRows(database, 'access_token', 'hash'),
      new OldRows(database, 'refresh_token', 'hash'),
      new OldRows(database, 'token_grant', 'part', {
        and: `(SELECT 1 FROM refresh_token r WHERE r.grant_id = token_grant.id AND r.grant_part = token_grant.part LIMIT 1) IS NULL`,
      }),
    ];
  }

  /** Returns a new access token, or the `jti` of one that is a JWT. */
  newAccessToken({ family, grant }: Pick<TokenSource, 'family' | 'grant'>): PlacedToken {
    return grant ? this.#made('access') : this.#made('firstAccess', keyOfId(family).id);
  }

  /** Returns the JWT of a `jti`, with which its claims begin. */
  asJwt(jti: PlacedToken, jwt: string): PlacedToken {
    return { ...jti, token: jwt, hash: sha256(jwt) };
  }

  newRefreshToken(): PlacedToken {
    return this.#made('refresh');
  }

  /** Returns the statements that store tokens of one authorization, with the authorization if it is new. */
  issueStatements(source: TokenSource, tokens: readonly NewToken[]): Statement[] {
    const { grant } = source;
    const key = keyOfId(source.family);
    for (const { kind, hash } of tokens)
      if (kind === 'refresh') this.#know(hash, grant?.data ?? authorizationIn(source));
    const rows = tokens.map(
      (token): NewRow => ({ ...token, own: differenceOf(grant?.data ?? source, source, token) }),
    );
    if (grant) return rows.map((one) => tokenStatement(one, key, grant.generation));
    const first = rows.find(({ table, id }) => table === 'firstAccess' && id === key.id);
    const later = rows.filter((one) => one !== first);
    return [grantStatement(source, key, rows, first), ...later.map((one) => tokenStatement(one, key, 0))];
  }

  /** Returns the record of a token, valid or not. */
  async find(token: string): Promise<TokenRecord | undefined> {
    const { table } = this.placeOf(token);
    const access = table === 'refresh' ? undefined : await this.findAccess(token);
    return access ?? (table === undefined || table === 'refresh' ? this.findRefresh(token) : undefined);
  }

  /**
   * Returns the record of an access token, valid or not. It may be cached: a revocation by another process applies within
   * milliseconds.
   */
  async findAccess(token: string): Promise<TokenRecord | undefined> {
    const { id, hash, table } = this.#accessPlaceOf(token);
    if (table === 'refresh') return undefined;
    const statement = sql(table === 'firstAccess' ? findFirstAccess : findAccess, id, hash);
    const stored = await this.#database.get(found(statement, 'token_grant', 'access_token'));
    // A weak map would keep the record of a row that is read once until the next collection of old objects.
    return stored && (Object.isFrozen(stored) ? sharedRecord(stored) : readRecord('access', stored));
  }

  /** Returns the record of a refresh token, valid or not. */
  async findRefresh(token: string): Promise<TokenRecord | undefined> {
    const { id, hash } = this.placeOf(token);
    const known = this.#authorizations.get(hash);
    const stored = await this.#database.get(sql(findRefresh, known?.family ?? '', id, hash));
    if (!stored) return undefined;
    if (known && stored.attributes === null) return readRecord('refresh', stored, known);
    const record = readRecord('refresh', stored);
    this.#know(hash, record.grant.data);
    return record;
  }

  /** Returns the time of the last code or refresh token of a CIS2 session that got tokens, in milliseconds. */
  async lastGivenOut(sid: string): Promise<number | undefined> {
    const last = await this.#database.get(
      sql(
        `SELECT MAX(g.issued_at) AS granted, MAX(COALESCE(r.active_at, r.issued_at)) AS refreshed
         FROM token_grant g LEFT JOIN refresh_token r ON r.grant_id = g.id AND r.grant_part = g.part WHERE g.sid = ?`,
        sid,
      ),
      lastRow,
    );
    return last?.granted ? Math.max(last.granted, last.refreshed ?? 0) : undefined;
  }

  /** Returns whether a token is neither revoked nor spent nor expired. */
  isLive(record: TokenRecord): boolean {
    return record.revokedAt === null && record.usedAt === null && record.expiresAt > this.#clock.now();
  }

  /** Returns the condition that spends a refresh token, so that one rotation succeeds. */
  spendStatement(token: string, successorSealed: string | null = null): Statement {
    const now = this.#clock.now();
    const { id, hash } = this.placeOf(token);
    // Its successor has the authorization now.
    this.#authorizations.delete(hash);
    return must(
      sql(
        `UPDATE refresh_token SET used_at = ?, successor_sealed = ?
         WHERE id = ? AND hash = ? AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ? AND ${liveGrant('refresh_token')}`,
        now,
        successorSealed,
        id,
        hash,
        now,
      ),
    );
  }

  /** Returns the condition that a token is live when the batch is executed. Does not spend it. */
  requireLiveStatement(token: string, kind: TokenRecord['kind'] = 'refresh'): Statement {
    const now = this.#clock.now();
    const { id, hash, table } = this.placeOf(token);
    if (kind === 'refresh')
      return must(
        sql(
          `UPDATE refresh_token SET active_at = ?
           WHERE id = ? AND hash = ? AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ? AND ${liveGrant('refresh_token')}`,
          now,
          id,
          hash,
          now,
        ),
      );
    const isLive =
      table === 'firstAccess'
        ? `token_grant WHERE id = ? AND access_hash = ? AND access_expires_at > ? AND access_revoked_at IS NULL
           AND revoked_at IS NULL AND generation = 0`
        : `access_token WHERE id = ? AND hash = ? AND expires_at > ? AND revoked_at IS NULL
           AND ${liveGrant('access_token', ' AND g.generation = access_token.generation')}`;
    return must(sql(`SELECT 1 AS live FROM ${isLive}`, id, hash, now), 'reads');
  }

  /** Returns the sealed successor of a used refresh token, for an idempotent retry. */
  async successorOf(token: string): Promise<string | undefined> {
    const { id, hash } = this.placeOf(token);
    const stored = await this.#database.get(
      sql('SELECT successor_sealed FROM refresh_token WHERE id = ? AND hash = ?', id, hash),
      successorRow,
    );
    return stored?.successor_sealed ?? undefined;
  }

  revokeStatement(token: string): Statement {
    const { id, hash, table } = this.placeOf(token);
    const update =
      table === 'firstAccess'
        ? 'UPDATE token_grant SET access_revoked_at = ? WHERE id = ? AND access_hash = ? AND access_revoked_at IS NULL'
        : 'UPDATE access_token SET revoked_at = ? WHERE id = ? AND hash = ? AND revoked_at IS NULL';
    return sql(update, this.#clock.now(), id, hash);
  }

  /** Revokes the earlier access tokens of a grant, but not its refresh tokens. Returns the grant for its next tokens. */
  renewAccess({ data, generation }: TokenGrant): { grant: TokenGrant; statement: Statement } {
    const { id, part } = keyOfId(data.family);
    const next = generation + 1;
    const renew = 'UPDATE token_grant SET generation = ?, generation_at = ? WHERE id = ? AND part = ?';
    return { grant: { data, generation: next }, statement: sql(renew, next, this.#clock.now(), id, part) };
  }

  /**
   * Revokes all tokens of one authorization. Returns the number of revoked authorizations.
   * @param record audit record, written only if it was not revoked
   */
  revokeFamily(family: string, record: Statement): Promise<number> {
    const { id, part } = keyOfId(family);
    const revoke = 'UPDATE token_grant SET revoked_at = ? WHERE id = ? AND part = ? AND revoked_at IS NULL';
    return this.#revoke(sql(revoke, this.#clock.now(), id, part), record);
  }

  /** Returns the statement that revokes the tokens of a session from these issuers. */
  revokeSessionStatement(sid: string, issuers: readonly string[]): Statement {
    const marks = issuers.map(() => '?').join(', ');
    return sql(
      `UPDATE token_grant SET revoked_at = ? WHERE sid = ? AND revoked_at IS NULL AND issuer IN (${marks})`,
      this.#clock.now(),
      sid,
      ...issuers,
    );
  }

  /**
   * Revokes the tokens of a session at one provider from these issuers, because another provider may use the same session id.
   * Returns the number of revoked authorizations.
   * @param record audit record, written only if one is revoked
   */
  revokeSession(
    sid: string,
    issuers: readonly string[],
    provider: string,
    record?: Statement,
  ): Promise<number> {
    const { text, values } = this.revokeSessionStatement(sid, issuers);
    return this.#revoke(sql(`${text} AND provider = ?`, ...values, provider), record);
  }

  /** Returns the authorizations of a session with ID tokens from these issuers, also revoked ones, each client once. */
  openIdGrantsOfSession(sid: string, issuers: readonly string[], provider: string): Promise<OpenIdGrant[]> {
    return this.#database.all(
      sql(
        `SELECT DISTINCT application_id, client_id, issuer, uid FROM token_grant
         WHERE sid = ? AND uid IS NOT NULL AND (scope = 'openid' OR scope LIKE 'openid %')
         AND issuer IN (${issuers.map(() => '?').join(', ')}) AND provider = ?`,
        sid,
        ...issuers,
        provider,
      ),
      openIdGrantRow,
    );
  }

  /** Returns the attributes of all authorizations that a client got from an issuer in a session. */
  async attributesOfSession(
    sid: string,
    issuer: string,
    clientId: string,
  ): Promise<Authorization['attributes'][]> {
    const found = await this.#database.all(
      sql(
        'SELECT attributes FROM token_grant WHERE sid = ? AND issuer = ? AND client_id = ?',
        sid,
        issuer,
        clientId,
      ),
      attributesRow,
    );
    return found.map(({ attributes }) => attributes);
  }

  /** Returns the application and the person of a live authorization of a session; undefined if it has none. */
  async partiesOfSession(
    sid: string,
    issuers: readonly string[],
    provider: string,
  ): Promise<{ application: string; user: string | null } | undefined> {
    const found = await this.#database.get(
      sql(
        `SELECT application_id, uid FROM token_grant
         WHERE sid = ? AND revoked_at IS NULL AND issuer IN (${issuers.map(() => '?').join(', ')}) AND provider = ? LIMIT 1`,
        sid,
        ...issuers,
        provider,
      ),
      partiesRow,
    );
    return found && { application: found.application_id, user: found.uid };
  }

  /**
   * Removes tokens that expired more than a day ago; until then, expired and unknown tokens differ. Returns whether more remain.
   * Refresh tokens and authorizations stay for a second day, for the last access tokens.
   */
  async sweep(): Promise<boolean> {
    const now = this.#clock.now();
    let isMore = false;
    for (const [n, rows] of this.#old.entries())
      isMore = (await rows.sweep(now, now - (n === 0 ? day : 2 * day))) || isMore;
    return isMore;
  }

  async #revoke(revoking: Statement, record: Statement | undefined): Promise<number> {
    const { done, results } = await this.#database.batch([must(revoking), ...(record ? [record] : [])]);
    return done ? (results[0]?.changes ?? 0) : 0;
  }

  /** Returns the place of a token; any place for one that was not made here. */
  placeOf(token: string, hash = sha256(token)): TokenPlace {
    const carrier = token.length === 44 ? token : jtiOf(token);
    const place: Place | undefined = carrier === undefined ? undefined : this.#values.placeOf(carrier);
    const table = tables.get(place?.tag ?? 0);
    return place && table ? { id: place.id, hash, table } : { id: idFromHash(hash), hash, table: undefined };
  }

  #know(hash: string, authorization: Authorization): void {
    if (this.#authorizations.size >= maxAuthorizations) this.#authorizations.clear();
    this.#authorizations.set(hash, authorization);
  }

  #made(table: Table, id = this.#values.nextId()): PlacedToken {
    const token = this.#values.make(tags[table], id);
    return { token, id, hash: sha256(token), table };
  }

  /** Returns the place of an access token, which is usually sent many times. */
  #accessPlaceOf(token: string): TokenPlace {
    const hash = sha256(token);
    const known = this.#places.get(hash);
    if (known) return known;
    const place = this.placeOf(token, hash);
    if (this.#places.size >= maxPlaces) this.#places.clear();
    this.#places.set(hash, place);
    return place;
  }
}
