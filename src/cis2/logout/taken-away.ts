import type { Clock } from '@alongside/kernel/clock';
import { type Database, sql } from '../../storage/database.ts';
import type { Authenticators } from '../authenticators/registry.ts';
import { fromRow, type SessionRow } from '../session.ts';
import type { SessionEnds } from './session-ends.ts';

interface Parts {
  clock: Clock;
  database: Database;
  issuer: string;
  authenticators: Authenticators;
  ends: SessionEnds;
}

/**
 * Ends the sessions of this realm that were made by a way to sign in which is configured no more, such as another OpenID provider:
 * who takes it away trusts what it said no longer. Configuration changes with a start, so it is looked at then.
 */
export async function endTakenAway(parts: Parts): Promise<number> {
  const { clock, database, issuer, authenticators, ends } = parts;
  const rows = await database.all<SessionRow>(
    sql('SELECT * FROM cis2_session WHERE ended_at IS NULL AND ends_at > ?', clock.now()),
  );
  const gone = rows
    .map((row) => fromRow(row, issuer))
    .filter(
      (session) => session.issuer === issuer && !authenticators.get(session.authentication.authenticator),
    );
  return ends.end(gone, 'administrator');
}
