import type { Clock } from '@alongside/kernel/clock';
import { inBatches, removeSomeStatement } from '../storage/batches.ts';
import { type Database, sql } from '../storage/database.ts';

/** Why a request was refused, for those who operate the platform. Never a secret, a token or a patient's data. */
export interface RefusalRecord {
  /** What the caller was told to quote. */
  messageId: string;
  /** ISO 8601 time. */
  at: string;
  service: string;
  /** Name of the catalogue entry, `service.name`. */
  error: string;
  /** What was expected and what came. */
  detail: string;
  /** Path of the request. */
  path: string;
}

interface RefusedRow {
  message_id: string;
  at: string;
  service: string;
  error: string;
  detail: string;
}

/** Days that a reason is kept, and how many at most: a flood of bad requests must not fill the disk. */
const keptFor = 7 * 86_400_000;
const mostKept = 100_000;
/** Longest detail and path that are kept or logged, in characters. */
export const longestDetail = 2_000;
export const longestPath = 500;

/** The private reasons behind public errors, found by their message id. */
export class Refusals {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async keep(refusal: Omit<RefusalRecord, 'at'>): Promise<void> {
    const { messageId, service, error, detail, path } = refusal;
    await this.#database.run(
      sql(
        'INSERT INTO refused (message_id, at, service, error, detail) VALUES (?, ?, ?, ?, ?) ON CONFLICT (message_id) DO NOTHING',
        messageId,
        new Date(this.#clock.now()).toISOString(),
        service,
        error,
        JSON.stringify({ detail: detail.slice(0, longestDetail), path: path.slice(0, longestPath) }),
      ),
    );
  }

  async find(messageId: string): Promise<RefusalRecord | undefined> {
    const row = await this.#database.get<RefusedRow>(
      sql('SELECT * FROM refused WHERE message_id = ?', messageId),
    );
    if (!row) return undefined;
    const { detail, path } = JSON.parse(row.detail) as { detail: string; path: string };
    return { messageId: row.message_id, at: row.at, service: row.service, error: row.error, detail, path };
  }

  /** Removes reasons that are older than a week or beyond the newest 100,000. Returns whether more are left. */
  async sweep(most = mostKept): Promise<boolean> {
    const oldest = new Date(this.#clock.now() - keptFor).toISOString();
    const beyond = await this.#database.get<{ at: string }>(
      sql('SELECT at FROM refused ORDER BY at DESC LIMIT 1 OFFSET ?', most),
    );
    const before = beyond && beyond.at > oldest ? beyond.at : oldest;
    const old = { table: 'refused', key: 'message_id', column: 'at', before };
    return inBatches(async () => (await this.#database.run(removeSomeStatement(old))).changes);
  }
}
