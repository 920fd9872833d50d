import type { Clock } from '@alongside/kernel/clock';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { inBatches, removeSomeStatement } from '../../storage/batches.ts';
import { type Database, sql } from '../../storage/database.ts';
import { type PresenceAnswer, presence } from '../protocol.ts';
import { iso, sessionLimits } from './session.ts';

const counts = presence.counts * 1_000;
/** How long an agent that is not heard from stays on record, in milliseconds: anybody can make a key and be one. */
const kept = 3_600_000;
const mostAnswered = 1_000;

/** Which agents were heard from, and from which network address. */
export class Agents {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The agent says that it is there, and which session it has. */
  async heard(id: string, publicKey: JsonWebKey, address: string, sessionId: string | null): Promise<void> {
    await this.#database.run(
      sql(
        `INSERT INTO agent (id, public_jwk, address, seen_at, session_id) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET address = excluded.address, seen_at = excluded.seen_at,
           session_id = excluded.session_id`,
        id,
        JSON.stringify(publicKey),
        address,
        this.#clock.now(),
        sessionId,
      ),
    );
  }

  /**
   * The agents heard from an address lately, the latest first, each with its live session. A session that the agent no longer
   * names, and that was not heard from since, is one that a restart of the agent has lost: nobody holds its key.
   */
  async at(address: string): Promise<PresenceAnswer['agents']> {
    const now = this.#clock.now();
    const rows = await this.#database.all<{ id: string; seen_at: number; session_id: string | null }>(
      sql(
        `SELECT id, seen_at,
           (SELECT MAX(cis_session.id) FROM cis_session WHERE cis_session.agent_id = agent.id
            AND ended_at IS NULL AND heartbeat_at > ? AND ends_at > ?
            AND (cis_session.id = agent.session_id OR heartbeat_at >= agent.seen_at)) AS session_id
         FROM agent WHERE address = ? AND seen_at > ? ORDER BY seen_at DESC, id LIMIT ${mostAnswered}`,
        now - sessionLimits.idle,
        now,
        address,
        now - counts,
      ),
    );
    return rows.map((row) => ({ agentId: row.id, seenAt: iso(row.seen_at), sessionId: row.session_id }));
  }

  /** The clock is moved by so many milliseconds: who counts as there goes on to count. Right just before the move as well as after it. */
  async clockMoved(by: number): Promise<void> {
    const now = this.#clock.now();
    await this.#database.run(
      by > 0
        ? sql('UPDATE agent SET seen_at = seen_at + ? WHERE seen_at > ?', by, now - by - counts)
        : sql('UPDATE agent SET seen_at = ? WHERE seen_at > ?', now, now),
    );
  }

  /** Forgets agents that have not been heard for long. Returns whether more are left. */
  forget(): Promise<boolean> {
    const before = this.#clock.now() - kept;
    const old = { table: 'agent', key: 'id', column: 'seen_at', before };
    return inBatches(async () => (await this.#database.run(removeSomeStatement(old))).changes);
  }
}
