import type { Tokens } from '../../oauth/tokens.ts';
import type { Database } from '../../storage/database.ts';
import type { EndReason, Session } from '../session.ts';
import type { Sessions } from '../sessions.ts';
import type { Deliveries } from './deliveries.ts';

interface Parts {
  database: Database;
  sessions: Sessions;
  tokens: Tokens;
  deliveries: Deliveries;
}

/** Ends sessions with all that came of them: tokens die, relying parties are told. */
export class SessionEnds {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Ends each session once, whoever else tries; answers how many this call ended. Delivery goes on by itself. */
  async end(sessions: readonly Session[], cause: EndReason): Promise<number> {
    let count = 0;
    for (const session of sessions) if (await this.#endOne(session, cause)) count += 1;
    return count;
  }

  /** Ends sessions whose longest time is over. */
  async endOverdue(): Promise<void> {
    await this.end(await this.#parts.sessions.overdue(), 'expired');
  }

  async #endOne({ sid, issuer, uid, cisSessionId }: Session, cause: EndReason): Promise<boolean> {
    const { database, sessions, tokens, deliveries } = this.#parts;
    const told = { sid, uid, cisSessionId, cause };
    // The end and the promise to tell of it are one write, so a crash between the two loses nothing.
    const { done } = await database.batch([sessions.ending(sid, cause), deliveries.promising(told)]);
    if (!done) return false;
    await tokens.revokeSession(sid, [issuer]);
    deliveries.tell(told);
    return true;
  }
}
