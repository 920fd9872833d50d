import type { Clock } from '@alongside/kernel/clock';
import { parseOwnJson } from '@alongside/kernel/json';
import { sha256 } from '@alongside/kernel/secrets';
import { batchSize, inBatches, insertStatements } from '../storage/batches.ts';
import { type Database, sql, type Value } from '../storage/database.ts';
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

/** A message that can be found by its ids, with what was captured of it. */
export interface FoundMessage {
  readonly journey: string;
  readonly message: StoredMessage;
  readonly kept: Kept;
  /** The words by which a refused message is found. */
  readonly words: string | null;
}

function valuesOf({ journey, message, kept, words }: FoundMessage): Value[] {
  const captured = kept.request === null && kept.response === null ? null : JSON.stringify(kept);
  const hashes = [hashOf(message.requestId), hashOf(message.correlationId)];
  return [message.id, journey, Math.floor(message.at), ...hashes, captured?.length ?? 0, captured, words];
}

/** Requests and responses of messages in storage. */
export class CapturedMessages {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Makes messages findable by their ids. No response waits for it. */
  async insert(messages: readonly FoundMessage[]): Promise<void> {
    const statements = insertStatements(
      'INSERT INTO message (id, journey, at, request_hash, correlation_hash, size, captured, refusal)',
      '(?, ?, ?, ?, ?, ?, ?, ?)',
      messages.map(valuesOf),
      ' ON CONFLICT (id) DO NOTHING',
    );
    await this.#database.batch(statements, { lazy: true });
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
