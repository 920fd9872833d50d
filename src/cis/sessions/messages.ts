import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { batchSize } from '../../storage/batches.ts';
import { type Database, type Row, type Statement, sql } from '../../storage/database.ts';
import type { EndCause, Generation, SessionEnded } from '../protocol.ts';

/** How long a process that holds a message has it to itself unless it says that it goes on, in milliseconds. */
export const messageHold = 30_000;
/** A subscriber that could not be told for so long is not told any more, in milliseconds. Messages are forgotten with their session. */
const tooOld = 86_400_000;

/** One message to one subscriber. */
export interface HeldMessage {
  subscriber: string;
  body: SessionEnded;
}

const endOf = (row: Row): SessionEnded => ({
  sessionId: String(row.id),
  agentId: String(row.agent_id),
  uid: String(row.uid),
  cause: (row.end_cause ?? 'expired') as EndCause,
  generation: row.generation as Generation,
});

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

  /** Returns the writes that queue the messages about a session, for the batch that ends it; this process holds them. */
  queueStatements({ id, endedAt }: { id: string; endedAt: number }): Statement[] {
    return this.#subscribers.map((subscriber) =>
      sql(
        `INSERT INTO session_message (session_id, subscriber, holder, held_until, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (session_id, subscriber) DO NOTHING`,
        ...[id, subscriber, this.#holder, endedAt + messageHold, endedAt],
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

  /** Goes on holding these messages of one subscriber, which this process still delivers. */
  async hold(subscriber: string, sessionIds: readonly string[]): Promise<void> {
    for (let from = 0; from < sessionIds.length; from += batchSize) {
      // A list of one length is one statement to plan, however many there are.
      const ids = Array.from({ length: batchSize }, (_, n) => sessionIds[from + n] ?? '');
      await this.#database.run(
        sql(
          `UPDATE session_message SET held_until = ? WHERE subscriber = ? AND session_id IN (${ids.map(() => '?').join(', ')})
           AND holder = ? AND told_at IS NULL`,
          this.#clock.now() + messageHold,
          subscriber,
          ...ids,
          this.#holder,
        ),
      );
    }
  }

  /** Takes over messages that no process holds any more: one batch, the oldest first. */
  async takeOver(): Promise<HeldMessage[]> {
    const now = this.#clock.now();
    // A hold that ends further ahead than any was made before the clock was put back.
    const free = 'told_at IS NULL AND created_at > ? AND (held_until <= ? OR held_until > ?)';
    const values = [now - tooOld, now, now + messageHold];
    // A look that finds nothing takes no lock.
    const any = await this.#database.get(
      sql(`SELECT session_id FROM session_message WHERE ${free} LIMIT 1`, ...values),
    );
    if (!any) return [];
    const taken = await this.#database.run(
      sql(
        `UPDATE session_message SET holder = ?, held_until = ?
         WHERE (session_id, subscriber) IN (SELECT session_id, subscriber FROM session_message WHERE ${free}
           ORDER BY created_at, session_id LIMIT ${batchSize})
         AND ${free} RETURNING session_id, subscriber`,
        this.#holder,
        now + messageHold,
        ...values,
        ...values,
      ),
    );
    const messages: HeldMessage[] = [];
    for (const { session_id: id, subscriber } of taken.rows) {
      const row = await this.#database.get<Row>(sql('SELECT * FROM cis_session WHERE id = ?', id ?? ''));
      if (row) messages.push({ subscriber: String(subscriber), body: endOf(row) });
    }
    return messages;
  }

  /** Lets go of what is held, so that another process need not wait. */
  async release(): Promise<void> {
    await this.#database.run(
      sql('UPDATE session_message SET held_until = 0 WHERE holder = ? AND told_at IS NULL', this.#holder),
    );
  }
}
