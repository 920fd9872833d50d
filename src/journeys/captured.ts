import type { Clock } from '@alongside/kernel/clock';
import { parseOwnJson } from '@alongside/kernel/json';
import { sha256 } from '@alongside/kernel/secrets';
import { batchSize, inBatches } from '../storage/batches.ts';
import { type Database, type Statement, sql } from '../storage/database.ts';
import { computed, integer, nullable, row, text } from '../storage/row.ts';
import type { StoredMessage } from './line.ts';
import type { Captured, Message } from './model.ts';

/** The requests and responses that development keeps besides the lines of messages. */
const most = { messages: 10_000, bytes: 64 * 1_048_576, age: 86_400_000 };

const capturedRow = row('message', { id: text, captured: nullable(text) });
const oldestRow = row('message', { at: integer });
const sizeRow = row('message', { bytes: computed(nullable(integer)) });

/** The captured parts of a message, and of the redirect to the application that was its response. */
export interface Kept extends Pick<Message, 'request' | 'response'> {
  readonly sent?: Captured | undefined;
}

const hashOf = (id: string | undefined): string | null => (id === undefined ? null : sha256(id));

/** Returns the statement that makes a message findable by its ids, with what was captured of it. */
export function insertMessageStatement(journey: string, message: StoredMessage, kept: Kept): Statement {
  const captured = kept.request === null && kept.response === null ? null : JSON.stringify(kept);
  return sql(
    `INSERT INTO message (id, journey, at, request_hash, correlation_hash, size, captured)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    message.id,
    journey,
    Math.floor(message.at),
    hashOf(message.requestId),
    hashOf(message.correlationId),
    captured?.length ?? 0,
    captured,
  );
}

/** Requests and responses of messages in storage. */
export class CapturedMessages {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Returns what was captured of a journey, by message. */
  async ofJourney(journey: string): Promise<ReadonlyMap<string, Kept>> {
    const rows = await this.#database.all(
      sql('SELECT id, captured FROM message WHERE journey = ?', journey),
      capturedRow,
    );
    return new Map(
      rows.flatMap(({ id, captured }) =>
        captured === null ? [] : [[id, parseOwnJson<Kept>(captured)] as const],
      ),
    );
  }

  /** Removes what is older than a day, or beyond the limits. Returns whether more remains. */
  async sweep(): Promise<boolean> {
    const beyond = await this.#database.get(
      sql(
        `SELECT at FROM message WHERE captured IS NOT NULL ORDER BY at DESC LIMIT 1 OFFSET ${most.messages}`,
      ),
      oldestRow,
    );
    const before = Math.max(this.#clock.now() - most.age, (beyond?.at ?? 0) + 1);
    if (await inBatches(() => this.#removeSome(before))) return true;
    return inBatches(async () => {
      const size = await this.#database.get(
        sql('SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) AS bytes FROM message WHERE captured IS NOT NULL'),
        sizeRow,
      );
      return Number(size?.bytes ?? 0) > most.bytes ? this.#removeSome(Number.MAX_SAFE_INTEGER) : 0;
    }, 1);
  }

  /** Removes the oldest ones before a time. Returns their number. */
  async #removeSome(before: number): Promise<number> {
    const { changes } = await this.#database.run(
      sql(
        `UPDATE message SET captured = NULL, size = 0 WHERE id IN
         (SELECT id FROM message WHERE captured IS NOT NULL AND at < ? ORDER BY at LIMIT ${batchSize})`,
        before,
      ),
    );
    return changes;
  }
}
