import { batchSize, inBatches } from '../../storage/batches.ts';
import { type Database, sql } from '../../storage/database.ts';
import { fromRow, type SessionRow } from '../model/session.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Authenticators } from './authenticators.ts';

interface Parts {
  database: Database;
  issuer: string;
  authenticators: Authenticators;
  ends: SessionEnds;
}

/**
 * Ends the sessions of this realm whose authenticator is no longer configured, such as another OpenID provider: the operator who
 * removes it no longer trusts its statements. Configuration changes with a start, so this runs at the start; it steps through the
 * index of authenticators and reads no other session. Returns how many it ended.
 */
export async function endTakenAway(parts: Parts): Promise<number> {
  let ended = 0;
  for (
    let name = await nextAuthenticator(parts, '');
    name !== null;
    name = await nextAuthenticator(parts, name)
  )
    if (!parts.authenticators.get(name)) ended += await endAllOf(parts, name);
  return ended;
}

/** The first authenticator after this one that a live session was made with. */
async function nextAuthenticator({ database, issuer }: Parts, after: string): Promise<string | null> {
  const row = await database.get<{ name: string | null }>(
    sql(
      'SELECT MIN(authenticator) AS name FROM cis2_session WHERE ended_at IS NULL AND issuer = ? AND authenticator > ?',
      issuer,
      after,
    ),
  );
  return row?.name ?? null;
}

async function endAllOf({ database, issuer, ends }: Parts, authenticator: string): Promise<number> {
  let ended = 0;
  const endSome = async () => {
    const rows = await database.all<SessionRow>(
      sql(
        `SELECT * FROM cis2_session WHERE ended_at IS NULL AND issuer = ? AND authenticator = ? ORDER BY authenticator LIMIT ${batchSize}`,
        issuer,
        authenticator,
      ),
    );
    ended += await ends.end(
      rows.map((row) => fromRow(row, issuer)),
      'administrator',
    );
    return rows.length;
  };
  while (await inBatches(endSome));
  return ended;
}
