import type { Clock } from '@alongside/kernel/clock';
import type { Tokens } from '../../oauth/tokens.ts';
import { batchSize } from '../../storage/batches.ts';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { fromRow, idleTime, type Session, sessionColumns, sessionRow } from '../model/session.ts';

interface ExpiryDependencies {
  clock: Clock;
  database: Database;
  tokens: Tokens;
  /** Issuer of sessions from before realms existed. */
  issuer: string;
  /** Whether an idle session ends. If not, it only needs a new sign-in. */
  idleSignOut: boolean;
}

/** Finds sessions past their lifetime or their inactivity limit. */
export class Expiry {
  readonly #parts: ExpiryDependencies;

  constructor(parts: ExpiryDependencies) {
    this.#parts = parts;
  }

  /** Returns live sessions that should end: one batch past the lifetime, one past the inactivity limit. */
  async over(): Promise<Session[]> {
    const longest = await this.#sessions('ends_at');
    if (!this.#parts.idleSignOut) return longest;
    const unused: Session[] = [];
    for (const session of await this.#sessions('idle_at'))
      if (!(await this.#extend(session))) unused.push(session);
    return [...longest, ...unused];
  }

  /** Returns the conditional write that ends such a session, unless it was used since. */
  endStatement({ sid }: Session): Statement {
    const now = this.#parts.clock.now();
    const idle = this.#parts.idleSignOut ? now : 0;
    return must(
      sql(
        `UPDATE cis2_session SET ended_at = ?, end_cause = 'expired'
         WHERE sid = ? AND ended_at IS NULL AND (ends_at <= ? OR idle_at <= ?)`,
        now,
        sid,
        now,
        idle,
      ),
    );
  }

  async #sessions(over: 'ends_at' | 'idle_at'): Promise<Session[]> {
    const { database, clock, issuer } = this.#parts;
    const statement = sql(
      `SELECT ${sessionColumns} FROM cis2_session WHERE ended_at IS NULL AND ${over} <= ? ORDER BY ${over} LIMIT ${batchSize}`,
      clock.now(),
    );
    const rows = await database.all(statement, sessionRow);
    return rows.map((row) => fromRow(row, issuer));
  }

  /** Extends the session if an application received tokens since: it is in use, though not from the browser. */
  async #extend(session: Session): Promise<boolean> {
    const { database, clock, tokens } = this.#parts;
    const given = await tokens.lastGivenOut(session.sid);
    const idleAt = (given ?? 0) + idleTime(session);
    if (idleAt <= clock.now()) return false;
    await database.run(
      sql(
        'UPDATE cis2_session SET idle_at = ? WHERE sid = ? AND active_at = ?',
        idleAt,
        session.sid,
        session.activeAt,
      ),
    );
    return true;
  }
}
