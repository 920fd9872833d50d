import type { Tokens } from '../../oauth/tokens.ts';
import type { AuditLog } from '../../storage/audit.ts';
import { inBatches } from '../../storage/batches.ts';
import type { Database, Statement } from '../../storage/database.ts';
import type { EndReason, Session } from '../model/session.ts';
import type { Deliveries } from './deliveries.ts';
import type { Expiry } from './expiry.ts';
import type { Sessions } from './sessions.ts';

interface Parts {
  database: Database;
  sessions: Sessions;
  tokens: Tokens;
  deliveries: Deliveries;
  audit: AuditLog;
}

/** Ends sessions with all that came of them: tokens die, relying parties are told. */
export class SessionEnds {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Ends each session once, whoever else tries; answers how many this call ended. Delivery goes on by itself.
   * @param actor who ended them, where it was not their user
   */
  async end(sessions: readonly Session[], cause: EndReason, actor?: string): Promise<number> {
    let count = 0;
    for (const session of sessions) if (await this.#endOne(session, cause, { actor })) count += 1;
    return count;
  }

  /** Ends sessions whose time is over. Returns whether more are left. */
  async endExpired(expiry: Expiry): Promise<boolean> {
    return await inBatches(async () => {
      const over = await expiry.over();
      for (const session of over)
        await this.#endOne(session, 'expired', { ending: expiry.endStatement(session) });
      return over.length;
    });
  }

  async #endOne(
    session: Session,
    cause: EndReason,
    { actor, ending }: { actor?: string | undefined; ending?: Statement },
  ): Promise<boolean> {
    const { sid, issuer, uid, cisSessionId } = session;
    const { database, sessions, tokens, deliveries, audit } = this.#parts;
    const told = { sid, uid, cisSessionId, cause };
    // The end and the promise to tell of it are one write, so a crash between the two loses nothing.
    const { done } = await database.batch([
      ending ?? sessions.endStatement(sid, cause),
      deliveries.promiseStatement(told),
      audit.recordStatement({
        action: 'cis2.session-ended',
        outcome: 'ok',
        actor: actor ?? uid,
        session: sid,
        target: uid,
        detail: { cause },
      }),
    ]);
    if (!done) return false;
    await tokens.revokeSession(sid, [issuer]);
    deliveries.begin();
    return true;
  }
}
