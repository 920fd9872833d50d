import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { type Database, type Row, type Statement, sql, type Value } from '../../storage/database.ts';
import type { EndCause, Generation, SessionEnded } from '../protocol.ts';

/** How long a process that holds a message has it to itself unless it says that it goes on, in milliseconds. */
export const messageHold = 30_000;
/** A subscriber that could not be told for so long is not told any more, and how long messages stay on record. */
const tooOld = 86_400_000;
const kept = 30 * 86_400_000;
/** So many are taken over at once. */
const most = 500;

/** One message to one subscriber. */
export interface HeldMessage {
  subscriber: string;
  body: SessionEnded;
}

/**
 * What subscribers have still to hear, in storage. A message is written in the batch that ends its session and held by the
 * process that ended it; when that process says nothing more, another takes it over. So none is lost, and one may come twice.
 */
export class SessionMessages {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #subscribers: readonly string[];
  readonly #holder = randomToken(12);

  /** @param subscribers what they are called. */
  constructor(database: Database, clock: Clock, subscribers: readonly string[]) {
    this.#database = database;
    this.#clock = clock;
    this.#subscribers = subscribers;
  }

  /** The writes that queue the messages of the sessions which ended at this time; this process holds them. */
  queueing(endedAt: number, condition: string, ...values: Value[]): Statement[] {
    return this.#subscribers.map((subscriber) =>
      sql(
        `INSERT INTO session_message (session_id, subscriber, holder, held_until, created_at)
         SELECT id, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT) FROM cis_session
         WHERE ended_at = ? AND ${condition} ON CONFLICT (session_id, subscriber) DO NOTHING`,
        subscriber,
        this.#holder,
        endedAt + messageHold,
        endedAt,
        endedAt,
        ...values,
      ),
    );
  }

  /** The subscriber knows, or never will. */
  async told(sessionId: string, subscriber: string): Promise<void> {
    await this.#database.run(
      sql(
        'UPDATE session_message SET told_at = ? WHERE session_id = ? AND subscriber = ?',
        this.#clock.now(),
        sessionId,
        subscriber,
      ),
    );
  }

  /** Goes on holding what is held, and takes over what nobody holds any more: all of it, the oldest first. */
  async takeOver(): Promise<HeldMessage[]> {
    const now = this.#clock.now();
    const open = 'told_at IS NULL AND created_at > ?';
    // Looking first: a sweep that finds nothing takes no lock.
    const any = await this.#database.get(
      sql(`SELECT session_id FROM session_message WHERE ${open} LIMIT 1`, now - tooOld),
    );
    if (!any) return [];
    // A hold that ends further ahead than any was made before the clock was put back.
    await this.#database.run(
      sql(
        `UPDATE session_message SET holder = ?, held_until = ?
         WHERE ${open} AND (holder = ? OR held_until <= ? OR held_until > ?)`,
        this.#holder,
        now + messageHold,
        now - tooOld,
        this.#holder,
        now,
        now + messageHold,
      ),
    );
    const rows = await this.#database.all<Row>(
      sql(
        `SELECT subscriber, cis_session.* FROM session_message JOIN cis_session ON cis_session.id = session_id
         WHERE told_at IS NULL AND session_message.created_at > ? AND holder = ?
         ORDER BY session_message.created_at, session_id LIMIT ${most}`,
        now - tooOld,
        this.#holder,
      ),
    );
    return rows.map((row) => ({
      subscriber: String(row.subscriber),
      body: {
        sessionId: String(row.id),
        agentId: String(row.agent_id),
        uid: String(row.uid),
        cause: (row.end_cause ?? 'expired') as EndCause,
        generation: row.generation as Generation,
      },
    }));
  }

  /** Lets go of what is held, so that another process need not wait. */
  async release(): Promise<void> {
    await this.#database.run(
      sql('UPDATE session_message SET held_until = 0 WHERE holder = ? AND told_at IS NULL', this.#holder),
    );
  }

  /** Forgets old messages. */
  async forget(): Promise<void> {
    await this.#database.run(
      sql('DELETE FROM session_message WHERE created_at < ?', this.#clock.now() - kept),
    );
  }
}
