import { systemClock } from '@alongside/kernel/clock';
import { parseOwnJson } from '@alongside/kernel/json';
import { insertStatement } from '../batches.ts';
import { type Database, sql, type Value } from '../database.ts';
import type { DataMigration, MovedRows } from '../migration.ts';
import { idFromHash, keyOfId } from '../placed-values.ts';

/** Tables whose revocations PostgreSQL announces, so that every process may cache the rows that it found. */
export const announcedRevocations: readonly string[] = ['access_token', 'token_grant'];

/** The columns of these tables that a revocation changes. */
export const revocations: Readonly<Record<string, string>> = {
  access_token: 'revoked_at',
  token_grant: 'revoked_at, access_revoked_at, generation',
};

const maxRows = 1_000;
const day = 86_400_000;

interface OldToken extends Record<string, Value> {
  hash: string;
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
  successor_sealed: string | null;
  revoked_at: number | null;
}

type Attributes = Record<string, string | null>;

/** Returns the members of a token that differ from its grant, as JSON; null if none does. */
function differenceOf(grant: OldToken, token: OldToken): string | null {
  const own: Record<string, unknown> = {};
  if (token.issuer !== grant.issuer) own.issuer = token.issuer;
  if (token.application_id !== grant.application_id) own.applicationId = token.application_id;
  if (token.client_id !== grant.client_id) own.clientId = token.client_id;
  if (token.uid !== grant.uid) own.uid = token.uid;
  if (token.sid !== grant.sid) own.sid = token.sid;
  if (token.scope !== grant.scope) own.scope = token.scope;
  if (token.attributes !== grant.attributes) {
    const [shared, all] = [JSON.parse(grant.attributes), JSON.parse(token.attributes)] as Attributes[];
    const attributes: Attributes = {};
    for (const [name, value] of Object.entries(all ?? {}))
      if (shared?.[name] !== value) attributes[name] = value;
    for (const name of Object.keys(shared ?? {})) if (all?.[name] === undefined) attributes[name] = null;
    own.attributes = attributes;
  }
  return Object.keys(own).length === 0 ? null : JSON.stringify(own);
}

/** Returns families in whole, unless one alone is larger than a batch. */
async function nextTokens(database: Database, family: string, hash: string): Promise<OldToken[]> {
  const rows = await database.all<OldToken>(
    sql(
      `SELECT hash, kind, issuer, family, application_id, client_id, uid, sid, scope, attributes, issued_at, expires_at, used_at,
       successor_sealed, revoked_at FROM former_token WHERE (family, hash) > (?, ?) ORDER BY family, hash LIMIT ${maxRows}`,
      family,
      hash,
    ),
  );
  if (rows.length < maxRows) return rows;
  const last = rows.at(-1)?.family;
  const whole = rows.filter((row) => row.family !== last);
  return whole.length > 0 ? whole : rows;
}

/** Returns the grant of a family whose first tokens have been moved, in the form of a token. */
async function movedGrant(database: Database, family: string): Promise<OldToken | undefined> {
  const { id, part } = keyOfId(family);
  return database.get<OldToken>(
    sql(
      `SELECT family, issuer, application_id, client_id, uid, sid, scope, attributes FROM token_grant WHERE id = ? AND part = ?`,
      id,
      part,
    ),
  );
}

const providerOf = (attributes: string): string | null =>
  parseOwnJson<Attributes>(attributes)['id_token-issuer'] ?? null;

/** Returns the token with the data of the authorization. A delegated token of the same family does not name the provider. */
const grantOf = (tokens: readonly OldToken[]): OldToken =>
  tokens.find(({ attributes }) => providerOf(attributes) !== null) ?? (tokens[0] as OldToken);

const grantColumns = [
  'id',
  'part',
  'family',
  'issuer',
  'application_id',
  'client_id',
  'uid',
  'sid',
  'provider',
  'scope',
  'attributes',
  'issued_at',
  'expires_at',
  'generation',
  'revoked_at',
];
const accessColumns = [
  'id',
  'hash',
  'grant_id',
  'grant_part',
  'generation',
  'own',
  'issued_at',
  'expires_at',
  'revoked_at',
];
const refreshColumns = [
  'id',
  'hash',
  'grant_id',
  'grant_part',
  'own',
  'issued_at',
  'expires_at',
  'used_at',
  'successor_sealed',
  'revoked_at',
];

/** Returns the row of a grant for a whole family. It is revoked if all of its tokens are. */
function grantRow(tokens: readonly OldToken[], grant: OldToken): Value[] {
  const { id, part } = keyOfId(grant.family);
  const isRevoked = tokens.length < maxRows && tokens.every(({ revoked_at }) => revoked_at !== null);
  return [
    id,
    part,
    grant.family,
    grant.issuer,
    grant.application_id,
    grant.client_id,
    grant.uid,
    grant.sid,
    providerOf(grant.attributes),
    grant.scope,
    grant.attributes,
    Math.min(...tokens.map(({ issued_at }) => issued_at)),
    Math.max(...tokens.map(({ expires_at }) => expires_at)),
    0,
    isRevoked ? grant.revoked_at : null,
  ];
}

async function nextBatch(database: Database, position: string): Promise<MovedRows | undefined> {
  const [family = '', hash = ''] = position === '' ? [] : parseOwnJson<string[]>(position);
  const found = await nextTokens(database, family, hash);
  const last = found.at(-1);
  if (!last) return undefined;
  // The sweep would remove the others.
  const oldest = systemClock.now() - 2 * day;
  const families = new Map<string, OldToken[]>();
  for (const token of found) {
    if (token.expires_at < oldest) continue;
    const tokens = families.get(token.family);
    if (tokens) tokens.push(token);
    else families.set(token.family, [token]);
  }
  const grants: Value[][] = [];
  const access: Value[][] = [];
  const refresh: Value[][] = [];
  for (const [name, tokens] of families) {
    const known = name === family ? await movedGrant(database, name) : undefined;
    const grant = known ?? grantOf(tokens);
    if (!known) grants.push(grantRow(tokens, grant));
    const { id, part } = keyOfId(name);
    for (const token of tokens) {
      const key = [idFromHash(token.hash), token.hash, id, part];
      const own = differenceOf(grant, token);
      const { issued_at, expires_at, used_at, successor_sealed, revoked_at } = token;
      if (token.kind === 'access') access.push([...key, 0, own, issued_at, expires_at, revoked_at]);
      else refresh.push([...key, own, issued_at, expires_at, used_at, successor_sealed, revoked_at]);
    }
  }
  return {
    statements: [
      ...(grants.length === 0 ? [] : [insertStatement('token_grant', grantColumns, grants)]),
      ...(access.length === 0 ? [] : [insertStatement('access_token', accessColumns, access)]),
      ...(refresh.length === 0 ? [] : [insertStatement('refresh_token', refreshColumns, refresh)]),
    ],
    position: JSON.stringify([last.family, last.hash]),
    count: found.length,
  };
}

/**
 * One row for each authorization with the data that its tokens share, and small rows for tokens, in the order of time. A new
 * authorization holds its first access token itself. Tokens of the former table have the id of their hash.
 */
export const tokenGrants: DataMigration = {
  from: 'token',
  rowTime: { sqlite: 170, postgres: 480 },
  before: [
    'ALTER TABLE token RENAME TO former_token',
    // The rows are long: a table without rowid would put each on a page of its own.
    `CREATE TABLE token_grant (
      id BIGINT NOT NULL,
      part BIGINT NOT NULL,
      family TEXT NOT NULL,
      issuer TEXT NOT NULL,
      application_id TEXT NOT NULL,
      client_id TEXT NOT NULL,
      uid TEXT,
      sid TEXT,
      provider TEXT,
      scope TEXT NOT NULL,
      issued_at BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      revoked_at BIGINT,
      generation BIGINT NOT NULL,
      generation_at BIGINT,
      access_hash TEXT,
      access_own TEXT,
      access_expires_at BIGINT,
      access_revoked_at BIGINT,
      attributes TEXT NOT NULL,
      PRIMARY KEY (id, part)
    )`,
    'CREATE INDEX token_grant_sid ON token_grant (sid) WHERE sid IS NOT NULL',
    `CREATE TABLE access_token (
      id BIGINT NOT NULL,
      hash TEXT NOT NULL,
      grant_id BIGINT NOT NULL,
      grant_part BIGINT NOT NULL,
      generation BIGINT NOT NULL,
      own TEXT,
      issued_at BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      revoked_at BIGINT,
      PRIMARY KEY (id, hash)
    ) {small rows}`,
    `CREATE TABLE refresh_token (
      id BIGINT NOT NULL,
      hash TEXT NOT NULL,
      grant_id BIGINT NOT NULL,
      grant_part BIGINT NOT NULL,
      own TEXT,
      issued_at BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      active_at BIGINT,
      used_at BIGINT,
      successor_sealed TEXT,
      revoked_at BIGINT,
      PRIMARY KEY (id, hash)
    ) {small rows}`,
    'CREATE INDEX refresh_token_grant ON refresh_token (grant_id, grant_part)',
    ...announcedRevocations.map((table) => ({
      postgres: `CREATE TRIGGER announce AFTER UPDATE OF ${revocations[table]} OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION alongside_announce()`,
    })),
  ],
  nextBatch,
  after: ['DROP TABLE former_token'],
};
