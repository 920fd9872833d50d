import type { Clock } from '@alongside/kernel/clock';
import type { Tokens } from '../../oauth/tokens.ts';
import { batchSize } from '../../storage/batches.ts';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { fromRow, idleTime, type Session, type SessionRow } from '../model/session.ts';

interface Parts {
  clock: Clock;
  database: Database;
  tokens: Tokens;
  /** Of sessions that were kept before there were realms. */
  issuer: string;
  /** Whether a session that nobody uses ends; otherwise it is only used silently no more. */
  idleSignOut: boolean;
}

/** Which sessions are over by the clock: after their longest time, or because nobody uses them. */
export class Expiry {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Returns sessions whose time is over and that have not ended yet: a batch of each kind. */
  async over(): Promise<Session[]> {
    const longest = await this.#sessions('ends_at');
    if (!this.#parts.idleSignOut) return longest;
    const unused: Session[] = [];
    for (const session of await this.#sessions('idle_at'))
      if (!(await this.#putOff(session))) unused.push(session);
    return [...longest, ...unused];
  }

  /** The conditional write that ends one of them: not when it was used meanwhile. */
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
    const rows = await database.all<SessionRow>(
      sql(
        `SELECT * FROM cis2_session WHERE ended_at IS NULL AND ${over} <= ? ORDER BY ${over} LIMIT ${batchSize}`,
        clock.now(),
      ),
    );
    return rows.map((row) => fromRow(row, issuer));
  }

  /** An application that is given tokens for a session is in use, though the browser does not come here for it. */
  async #putOff(session: Session): Promise<boolean> {
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
