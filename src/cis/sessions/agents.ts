import type { Clock } from '@alongside/kernel/clock';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { inBatches, removeSomeStatement } from '../../storage/batches.ts';
import { type Database, sql } from '../../storage/database.ts';
import { type PresenceAnswer, presence } from '../protocol.ts';
import { iso, sessionLimits } from './session.ts';

const counts = presence.counts * 1_000;
/** Milliseconds for which a silent agent is stored. Anyone can make a key and be an agent. */
const kept = 3_600_000;
const mostAnswered = 1_000;

/** The agents that announced themselves, with their network addresses. */
export class Agents {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Stores the presence of an agent and its session. */
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
   * Returns the present agents at an address, the latest first, each with its live session. A session that the agent no longer
   * names, without a later heartbeat, was lost in a restart of the agent together with its key.
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

  /** Keeps present agents present when the clock is moved by this number of milliseconds, called before or after the move. */
  async clockMoved(by: number): Promise<void> {
    const now = this.#clock.now();
    await this.#database.run(
      by > 0
        ? sql('UPDATE agent SET seen_at = seen_at + ? WHERE seen_at > ?', by, now - by - counts)
        : sql('UPDATE agent SET seen_at = ? WHERE seen_at > ?', now, now),
    );
  }

  /** Removes silent agents. Returns whether more remain. */
  forget(): Promise<boolean> {
    const before = this.#clock.now() - kept;
    const old = { table: 'agent', key: 'id', column: 'seen_at', before };
    return inBatches(async () => (await this.#database.run(removeSomeStatement(old))).changes);
  }
}
