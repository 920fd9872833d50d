import { marks, pieces } from '../storage/batches.ts';
import { type Database, sql } from '../storage/database.ts';
import { keyOfId } from '../storage/placed-values.ts';
import { computed, integer, nullable, row, text } from '../storage/row.ts';
import type { TokenRecord } from './token-records.ts';
import type { TokenPlace } from './tokens.ts';

/** An access token with which a response began. */
export interface OpenToken {
  readonly place: TokenPlace;
  readonly record: Pick<TokenRecord, 'family' | 'expiresAt'>;
}

const grantRow = row('token_grant', {
  id: integer,
  part: integer,
  revoked_at: nullable(integer),
  access_hash: nullable(text),
  access_revoked_at: nullable(integer),
  renewable: computed(nullable(integer)),
});
const tokenRow = row('access_token', { hash: text });

/** Tables in which a revocation changes a row. */
export const revocationTables = ['token_grant', 'access_token'] as const;

const keyOf = ({ id, part }: { id: number; part: number }): string => `${id} ${part}`;

/**
 * Returns until when the authorizations of access tokens last, in milliseconds: until the token has expired and no refresh token can
 * renew it. Revoked tokens, and tokens of revoked or removed authorizations, are missing. A refresh revokes the earlier access token
 * for requests, but the authorization continues.
 */
export async function liveAuthorizations(
  database: Database,
  tokens: readonly OpenToken[],
): Promise<ReadonlyMap<OpenToken, number>> {
  const live = new Map<OpenToken, number>();
  for (const some of pieces(tokens)) {
    const grants = await database.all(
      sql(
        `SELECT id, part, revoked_at, access_hash, access_revoked_at,
         (SELECT MAX(r.expires_at) FROM refresh_token r WHERE r.grant_id = g.id AND r.grant_part = g.part
          AND r.used_at IS NULL AND r.revoked_at IS NULL) AS renewable
         FROM token_grant g WHERE id IN (${marks(some.length)})`,
        ...some.map(({ record }) => keyOfId(record.family).id),
      ),
      grantRow,
    );
    const ids = some.filter(({ place }) => place.table !== 'firstAccess').map(({ place }) => place.id);
    const later = await unrevoked(database, ids);
    const byKey = new Map(grants.map((grant) => [keyOf(grant), grant]));
    for (const token of some) {
      const { place, record } = token;
      const grant = byKey.get(keyOf(keyOfId(record.family)));
      if (!grant || grant.revoked_at !== null) continue;
      const isFirst = place.table === 'firstAccess';
      const isLive = isFirst
        ? grant.access_hash === place.hash && grant.access_revoked_at === null
        : later.has(place.hash);
      if (isLive) live.set(token, Math.max(record.expiresAt, grant.renewable ?? 0));
    }
  }
  return live;
}

/** Returns the hashes of the access tokens after the first of their authorizations that are not revoked. */
async function unrevoked(database: Database, ids: readonly number[]): Promise<ReadonlySet<string>> {
  const hashes = new Set<string>();
  for (const some of pieces(ids))
    for (const { hash } of await database.all(
      sql(
        `SELECT hash FROM access_token WHERE id IN (${marks(some.length)}) AND revoked_at IS NULL`,
        ...some,
      ),
      tokenRow,
    ))
      hashes.add(hash);
  return hashes;
}
