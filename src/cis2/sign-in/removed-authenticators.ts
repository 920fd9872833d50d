import { batchSize, inBatches } from '../../storage/batches.ts';
import { type Database, sql } from '../../storage/database.ts';
import { fromRow, sessionColumns, sessionRow } from '../model/session.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Authenticators } from './authenticator.ts';

interface RemovalDependencies {
  database: Database;
  issuer: string;
  authenticators: Authenticators;
  ends: SessionEnds;
}

/**
 * Ends the sessions of an authenticator that is no longer configured, such as an external OpenID provider that the operator no longer
 * trusts. Runs at the start, when the configuration may have changed. Returns the number of ended sessions.
 */
export async function endSessionsOfRemovedAuthenticators(parts: RemovalDependencies): Promise<number> {
  let ended = 0;
  for (
    let name = await nextAuthenticator(parts, '');
    name !== null;
    name = await nextAuthenticator(parts, name)
  )
    if (!parts.authenticators.get(name)) ended += await endAllOf(parts, name);
  return ended;
}

/** Returns the next authenticator with live sessions, by the index. */
async function nextAuthenticator(
  { database, issuer }: RemovalDependencies,
  after: string,
): Promise<string | null> {
  const row = await database.get<{ name: string | null }>(
    sql(
      'SELECT MIN(authenticator) AS name FROM cis2_session WHERE ended_at IS NULL AND issuer = ? AND authenticator > ?',
      issuer,
      after,
    ),
  );
  return row?.name ?? null;
}

async function endAllOf(
  { database, issuer, ends }: RemovalDependencies,
  authenticator: string,
): Promise<number> {
  let ended = 0;
  const endSome = async () => {
    const statement = sql(
      `SELECT ${sessionColumns} FROM cis2_session WHERE ended_at IS NULL AND issuer = ? AND authenticator = ?
       ORDER BY authenticator LIMIT ${batchSize}`,
      issuer,
      authenticator,
    );
    const rows = await database.all(statement, sessionRow);
    ended += await ends.end(
      rows.map((row) => fromRow(row, issuer)),
      'administrator',
    );
    return rows.length;
  };
  while (await inBatches(endSome));
  return ended;
}
