import { type Database, sql } from '../storage/database.ts';
import { computed, integer, nullable, row, text } from '../storage/row.ts';

/** Live tokens of one session, which end with it. */
export interface SessionTokens {
  access: number;
  refresh: number;
  /** Ids of the applications that have them. */
  applications: string[];
}

const grantRow = row('token_grant', {
  sid: nullable(text),
  application_id: text,
  access: computed(integer),
  refresh: computed(integer),
});

/** Returns the live tokens of these sessions. */
export async function sessionTokens(
  database: Database,
  sids: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, SessionTokens>> {
  const found = new Map<string, SessionTokens>();
  if (sids.length === 0) return found;
  const live = (table: string, more: string) =>
    `(SELECT COUNT(*) FROM ${table} t WHERE t.grant_id = g.id AND t.grant_part = g.part AND t.revoked_at IS NULL
     AND t.expires_at > CAST(? AS BIGINT) AND ${more})`;
  const rows = await database.all(
    sql(
      `SELECT g.sid, g.application_id,
         (CASE WHEN g.access_revoked_at IS NULL AND g.generation = 0 AND g.access_expires_at > CAST(? AS BIGINT) THEN 1 ELSE 0 END)
           + ${live('access_token', 't.generation = g.generation')} AS access,
         ${live('refresh_token', 't.used_at IS NULL')} AS refresh
       FROM token_grant g WHERE g.revoked_at IS NULL AND g.expires_at > ? AND g.sid IN (${sids.map(() => '?').join(', ')})`,
      now,
      now,
      now,
      now,
      ...sids,
    ),
    grantRow,
  );
  for (const { sid, application_id, access, refresh } of rows) {
    const tokens = found.get(sid ?? '') ?? { access: 0, refresh: 0, applications: [] };
    found.set(sid ?? '', tokens);
    tokens.access += access;
    tokens.refresh += refresh;
    if (access + refresh > 0 && !tokens.applications.includes(application_id))
      tokens.applications.push(application_id);
  }
  return found;
}
