import type { EventStore, JourneyEvent, Outcome, Party } from '@alongside/kernel/events';
import { batchSize, inBatches } from './batches.ts';
import { type Database, type Statement, sql } from './database.ts';

interface EventRow {
  seq: number;
  journey: string;
  at: string;
  from_party: string;
  to_party: string;
  name: string;
  outcome: string;
  detail: string;
}

const fromRow = (row: EventRow): JourneyEvent => ({
  seq: row.seq,
  journey: row.journey,
  at: row.at,
  from: row.from_party as Party,
  to: row.to_party as Party,
  name: row.name,
  outcome: row.outcome as Outcome,
  detail: JSON.parse(row.detail) as JourneyEvent['detail'],
});

/** Maximum number of stored events, so that a flood of requests does not fill the disk. */
const mostKept = 2_000_000;

interface Insert {
  readonly head: string;
  readonly row: string;
  readonly tail: string;
}
const eventInsert: Insert = {
  head: 'INSERT INTO event (journey, at, from_party, to_party, name, outcome, detail) VALUES ',
  row: '(?, ?, ?, ?, ?, ?, ?)',
  tail: '',
};
const linkInsert: Insert = {
  head: 'INSERT INTO journey_link (hash, journey) VALUES ',
  row: '(?, ?)',
  tail: ' ON CONFLICT (hash) DO NOTHING',
};

/** Splits rows into few statements with few different texts. */
function insertStatements({ head, row, tail }: Insert, rows: readonly string[][]): Statement[] {
  const statements: Statement[] = [];
  for (let from = 0; from < rows.length; from += 8) {
    const some = rows.slice(from, from + 8);
    statements.push(sql(`${head}${some.map(() => row).join(', ')}${tail}`, ...some.flat()));
  }
  return statements;
}

/** Stored journeys: events in order, and the hashes that link them. */
export class StoredEvents implements EventStore {
  readonly #database: Database;
  // The same process usually sees most values of a journey again within seconds.
  readonly #recent = new Map<string, string>();
  #first: () => Promise<void> = async () => undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  async journeyOf(hashes: readonly string[]): Promise<string | undefined> {
    const met = hashes.findIndex((hash) => this.#recent.has(hash));
    const recent = this.#recent.get(hashes[met] ?? '');
    // Another process may know an earlier one.
    const earlier = met === -1 ? hashes : hashes.slice(0, met);
    if (earlier.length === 0) return recent;
    const marks = earlier.map(() => '?').join(', ');
    const rows = await this.#database.all<{ hash: string; journey: string }>(
      sql(`SELECT hash, journey FROM journey_link WHERE hash IN (${marks})`, ...earlier),
    );
    return earlier.map((hash) => rows.find((row) => row.hash === hash)?.journey).find(Boolean) ?? recent;
  }

  async append(
    events: readonly Omit<JourneyEvent, 'seq'>[],
    links: readonly { hash: string; journey: string }[],
  ): Promise<void> {
    const rows = events.map(({ journey, at, from, to, name, outcome, detail }) => [
      ...[journey, at, from, to, name, outcome],
      JSON.stringify(detail),
    ]);
    const joins = links
      .filter(({ hash }) => !this.#recent.has(hash))
      .map(({ hash, journey }) => [hash, journey]);
    await this.#database.batch(
      [...insertStatements(eventInsert, rows), ...insertStatements(linkInsert, joins)],
      {
        lazy: true,
      },
    );
    this.#remember(links);
  }

  durable(): Promise<void> {
    return this.#database.durable();
  }

  /** Sets what must be stored before reads. */
  readAfter(first: () => Promise<void>): void {
    this.#first = first;
  }

  /** Returns the number of the newest event; 0 if there is none. */
  async last(): Promise<number> {
    await this.#first();
    const row = await this.#database.get<{ last: number | null }>(sql('SELECT MAX(seq) AS last FROM event'));
    return Number(row?.last ?? 0);
  }

  /** Returns events after a number, oldest first, of one journey or all. */
  async list(options: { since?: number; journey?: string; limit?: number } = {}): Promise<JourneyEvent[]> {
    const { since = 0, journey, limit = 1000 } = options;
    await this.#first();
    const rows = await this.#database.all<EventRow>(
      journey === undefined
        ? sql('SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?', since, limit)
        : sql(
            'SELECT * FROM event WHERE seq > ? AND journey = ? ORDER BY seq LIMIT ?',
            since,
            journey,
            limit,
          ),
    );
    return rows.map(fromRow);
  }

  /**
   * Removes events older than this time or above the newest `most`, and the hashes of journeys without events. Returns whether
   * more remain.
   */
  async sweep(before: number, most = mostKept): Promise<boolean> {
    const beyond = (await this.last()) - most;
    return await inBatches(() => this.#sweepSome(new Date(before).toISOString(), beyond));
  }

  async #sweepSome(before: string, beyond: number): Promise<number> {
    // By number, not by time: times have no index, and the oldest events have the lowest numbers.
    const { rows } = await this.#database.run(
      sql(
        `DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE seq > 0 ORDER BY seq LIMIT ${batchSize})
         AND (at < ? OR seq <= ?) RETURNING journey`,
        before,
        beyond,
      ),
    );
    const journeys = new Set(rows.map(({ journey }) => String(journey)));
    await this.#database.batch(
      [...journeys].map((journey) =>
        sql(
          `DELETE FROM journey_link WHERE journey = ?
           AND NOT EXISTS (SELECT 1 FROM event WHERE event.journey = journey_link.journey)`,
          journey,
        ),
      ),
    );
    return rows.length;
  }

  #remember(links: readonly { hash: string; journey: string }[]): void {
    for (const { hash, journey } of links) this.#recent.set(hash, journey);
    for (const hash of this.#recent.keys()) {
      if (this.#recent.size <= 10_000) break;
      this.#recent.delete(hash);
    }
  }
}
