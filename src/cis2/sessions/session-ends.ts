import type { Tokens } from '../../oauth/tokens.ts';
import type { AuditLog } from '../../storage/audit.ts';
import { inBatches, pieces } from '../../storage/batches.ts';
import type { Database, Statement } from '../../storage/database.ts';
import type { EndReason, Session } from '../model/session.ts';
import type { Deliveries } from './deliveries.ts';
import type { Expiry } from './expiry.ts';
import type { Sessions } from './sessions.ts';

interface SessionEndDependencies {
  database: Database;
  sessions: Sessions;
  tokens: Tokens;
  deliveries: Deliveries;
  audit: AuditLog;
}

/** Ends sessions and their tokens, and notifies the relying parties. */
export class SessionEnds {
  readonly #parts: SessionEndDependencies;

  constructor(parts: SessionEndDependencies) {
    this.#parts = parts;
  }

  /**
   * Ends sessions, each once. Returns the number that this call ended. The notifications follow in the background.
   * @param actor the person who ended them, if not their user
   */
  async end(sessions: readonly Session[], cause: EndReason, actor?: string): Promise<number> {
    return await this.#endAll(sessions, (session) => this.#endOne(session, cause, { actor }));
  }

  /**
   * Ends the sessions of a person. A sign-in that was proved before and waits for an answer of its user does not complete.
   * @param actor the person who ended them, if not their user
   * @param sid of a session that goes on
   */
  async endPerson(uid: string, cause: EndReason, actor?: string, sid = ''): Promise<number> {
    const { sessions } = this.#parts;
    await sessions.notePersonEnd(uid);
    return await this.end(await sessions.othersOf(uid, sid), cause, actor);
  }

  /** Ends expired sessions. Returns whether more remain. */
  async endExpired(expiry: Expiry): Promise<boolean> {
    return await inBatches(async () => {
      const over = await expiry.over();
      await this.#endAll(over, (session) =>
        this.#endOne(session, 'expired', { ending: expiry.endStatement(session) }),
      );
      return over.length;
    });
  }

  /** Ends a few sessions at once, which share commits, then starts to notify. Returns the number that ended. */
  async #endAll(
    sessions: readonly Session[],
    endOne: (session: Session) => Promise<boolean>,
  ): Promise<number> {
    let count = 0;
    for (const some of pieces(sessions))
      for (const ended of await Promise.all(some.map(endOne))) if (ended) count += 1;
    if (count > 0) this.#parts.deliveries.begin();
    return count;
  }

  async #endOne(
    session: Session,
    cause: EndReason,
    { actor, ending }: { actor?: string | undefined; ending?: Statement },
  ): Promise<boolean> {
    const { sid, issuer, uid, cisSessionId } = session;
    const { database, sessions, tokens, deliveries, audit } = this.#parts;
    const ended = { sid, uid, cisSessionId, cause };
    // One batch, so that a crash loses neither the end of the tokens nor the notifications. The tokens follow the session, so that those of
    // a code that is redeemed at the same time are among them.
    const { done } = await database.batch([
      ending ?? sessions.endStatement(sid, cause),
      tokens.revokeSessionStatement(sid, [issuer]),
      deliveries.promiseStatement(ended),
      audit.recordStatement({
        action: 'cis2.session-ended',
        outcome: 'ok',
        actor: actor ?? uid,
        session: sid,
        target: uid,
        detail: { cause },
      }),
    ]);
    return done;
  }
}
