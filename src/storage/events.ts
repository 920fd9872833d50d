import type { EventStore, JourneyEvent } from '@alongside/kernel/events';
import type { JourneyLink } from '@alongside/kernel/journeys';
import { parseOwnJson } from '@alongside/kernel/json';
import { inBatches, insertStatements, marks, pieces } from './batches.ts';
import { type Database, type Statement, sql } from './database.ts';

type UnnumberedEvent = Omit<JourneyEvent, 'seq'>;
/** A message, whose members are those of `src/journeys`. */
interface OtherLine {
  readonly journey: string;
  readonly message: { readonly at: number };
}
/** The data that is stored as a line of a journey. The id of the journey is the first member. */
type Line = UnnumberedEvent | OtherLine;

interface LineText {
  readonly journey: string;
  readonly text: string;
}
/** A message as a line, with the id that the events of its request name. */
export interface MessageText extends LineText {
  readonly id: string;
}

/** Events with consecutive numbers, of which `last` is the number of the last. */
interface EventBlock {
  last: number;
  size: number;
  /** A line of JSON for each event. */
  events: string;
}

/** Maximum number of events of a block. */
const blockSize = 64;
/** Maximum number of stored events, so that a flood of requests does not fill the disk. */
const maxKept = 2_000_000;
/** The number of blocks that one batch of a sweep reads. */
const sweptAtOnce = 25;
/** The number of values that one statement looks up, so that there is one text. */
const lookedUpAtOnce = 8;

const linkStatements = (links: readonly JourneyLink[]): Statement[] =>
  insertStatements(
    'INSERT INTO journey_link (value, journey)',
    '(?, ?)',
    links.map(({ value, journey }) => [value, journey]),
    ' ON CONFLICT (value) DO NOTHING',
  );

/** Returns the statements that number events, and store them as one block. */
function blockStatements(lines: readonly LineText[]): Statement[] {
  const journeys = new Set(lines.map(({ journey }) => journey));
  return [
    sql('UPDATE event_count SET last = last + ?', lines.length),
    sql(
      'INSERT INTO event_block (last, size, events) VALUES ((SELECT last FROM event_count), ?, ?)',
      lines.length,
      textOf(lines),
    ),
    ...insertStatements(
      'INSERT INTO journey_block (journey, block)',
      '(?, (SELECT last FROM event_count))',
      [...journeys].map((journey) => [journey]),
    ),
  ];
}

/**
 * The same for PostgreSQL, with links, as one statement: a part cannot see what another has written, so the number is handed on. The
 * lists are JSON, so that there is one text.
 */
const postgresBlock = `WITH counted AS (UPDATE event_count SET last = last + CAST(? AS BIGINT) RETURNING last),
  block AS (INSERT INTO event_block (last, size, events) SELECT last, CAST(? AS BIGINT), ? FROM counted),
  journeys AS (INSERT INTO journey_block (journey, block)
    SELECT journey, last FROM counted, json_array_elements_text(CAST(? AS JSON)) AS found(journey)),
  links AS (INSERT INTO journey_link (value, journey)
    SELECT link ->> 0, link ->> 1 FROM json_array_elements(CAST(? AS JSON)) AS found(link) ON CONFLICT (value) DO NOTHING)
  SELECT last FROM counted`;

const postgresBlockStatement = (lines: readonly LineText[], links: readonly JourneyLink[]): Statement =>
  sql(
    postgresBlock,
    lines.length,
    lines.length,
    textOf(lines),
    JSON.stringify([...new Set(lines.map(({ journey }) => journey))]),
    JSON.stringify(links.map(({ value, journey }) => [value, journey])),
  );

const textOf = (lines: readonly LineText[]): string => lines.map(({ text }) => text).join('\n');

/** Puts each message behind the first event of its request, so that one block has both and its journey is one row. */
function woven(events: readonly UnnumberedEvent[], messages: readonly MessageText[]): LineText[] {
  const waiting = new Map(messages.map((message) => [message.id, message]));
  const lines: LineText[] = [];
  const place = (message: MessageText | undefined) => {
    if (!message) return;
    lines.push(message);
    waiting.delete(message.id);
  };
  for (const event of events) {
    lines.push({ journey: event.journey, text: JSON.stringify(event) });
    if (event.message !== undefined) place(waiting.get(event.message));
  }
  for (const message of waiting.values()) place(message);
  return lines;
}

type NumberedLine = { seq: number } & Line;

/** Returns the lines of a block, oldest first: those after a number, of one journey or all. */
function numberedLines({ last, size, events }: EventBlock, since = 0, journey?: string): NumberedLine[] {
  // The journey is the first member of each line.
  const start = journey === undefined ? '{' : `{"journey":${JSON.stringify(journey)},`;
  return events.split('\n').flatMap((line, index) => {
    const seq = last - size + 1 + index;
    return seq > since && line.startsWith(start) ? [{ seq, ...parseOwnJson<Line>(line) }] : [];
  });
}

/** A message has its own member, and an event the id of its message, if any. */
export const isEvent = (line: Line): line is JourneyEvent => typeof line.message !== 'object';

const eventsOf = (block: EventBlock, since = 0, journey?: string): JourneyEvent[] =>
  numberedLines(block, since, journey).filter(isEvent);

/** Returns the time of the last line of a block. */
function newestOf(block: EventBlock): number {
  const [line] = numberedLines(block, block.last - 1);
  if (line === undefined) return 0;
  return isEvent(line) ? Date.parse(line.at) : line.message.at;
}

/** Returns the statement that removes the rows of those journeys of which no line is left. */
const removeEmptiedStatement = (
  table: 'journey' | 'message' | 'journey_reached',
  journeys: readonly string[],
): Statement => {
  const column = table === 'journey' ? 'id' : 'journey';
  return sql(
    `DELETE FROM ${table} WHERE ${column} IN (${marks(journeys.length)})
     AND NOT EXISTS (SELECT 1 FROM journey_block WHERE journey_block.journey = ${table}.${column})`,
    ...journeys,
  );
};

/** Stored journeys: blocks of events in order, which journeys each has, and the links of their values. */
export class StoredEvents implements EventStore {
  readonly #database: Database;
  #first: () => Promise<void> = async () => undefined;
  #takeMessages: () => readonly MessageText[] = () => [];

  constructor(database: Database) {
    this.#database = database;
  }

  async journeysOf(values: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (let from = 0; from < values.length; from += lookedUpAtOnce) {
      const some = Array.from({ length: lookedUpAtOnce }, (_, index) => values[from + index] ?? '');
      const rows = await this.#database.all<JourneyLink>(
        sql(`SELECT value, journey FROM journey_link WHERE value IN (${marks(lookedUpAtOnce)})`, ...some),
      );
      for (const { value, journey } of rows) found.set(value, journey);
    }
    return found;
  }

  async append(events: readonly UnnumberedEvent[], links: readonly JourneyLink[]): Promise<void> {
    await this.#store(woven(events, this.#takeMessages()), links, []);
  }

  /** Sets the source of the messages that are stored with the next events. */
  takeMessagesFrom(take: () => readonly MessageText[]): void {
    this.#takeMessages = take;
  }

  /** Stores the messages that no event has taken along, with statements of the same transaction. */
  async appendMessages(more: readonly Statement[]): Promise<void> {
    await this.#store(woven([], this.#takeMessages()), [], more);
  }

  async #store(
    lines: readonly LineText[],
    links: readonly JourneyLink[],
    more: readonly Statement[],
  ): Promise<void> {
    const blocks: LineText[][] = [];
    for (let from = 0; from < lines.length; from += blockSize)
      blocks.push(lines.slice(from, from + blockSize));
    const statements =
      this.#database.dialect === 'postgres'
        ? blocks.map((block, n) => postgresBlockStatement(block, n === 0 ? links : []))
        : [...blocks.flatMap(blockStatements), ...linkStatements(links)];
    await this.#database.batch([...statements, ...more], { lazy: true });
  }

  get dialect(): Database['dialect'] {
    return this.#database.dialect;
  }

  durable(): Promise<void> | undefined {
    return this.#database.durable();
  }

  /** Sets what must be stored before reads. */
  readAfter(first: () => Promise<void>): void {
    this.#first = first;
  }

  /** Returns the number of the newest event; 0 without events. */
  async last(): Promise<number> {
    await this.#first();
    const row = await this.#database.get<{ last: number | null }>(
      sql('SELECT MAX(last) AS last FROM event_block'),
    );
    return Number(row?.last ?? 0);
  }

  /** Returns events after a number, oldest first, of one journey or all. */
  async list(options: { since?: number; journey?: string; limit?: number } = {}): Promise<JourneyEvent[]> {
    const { since = 0, journey, limit = 1000 } = options;
    await this.#first();
    for (let after = since; ; ) {
      const blocks = await this.#blocksAfter(after, limit, journey);
      const found = blocks.flatMap((block) => eventsOf(block, after, journey));
      const last = blocks.at(-1)?.last;
      if (found.length > 0 || last === undefined) return found.slice(0, limit);
      // Blocks of messages alone.
      after = last;
    }
  }

  #blocksAfter(after: number, limit: number, journey: string | undefined): Promise<EventBlock[]> {
    return this.#database.all<EventBlock>(
      journey === undefined
        ? sql(
            `SELECT last, size, events FROM event_block WHERE last > ?
             AND last < (SELECT MIN(last) FROM event_block WHERE last > ?) + ? ORDER BY last`,
            after,
            after,
            limit + blockSize,
          )
        : sql(
            `SELECT block.last, block.size, block.events FROM journey_block AS found
             JOIN event_block AS block ON block.last = found.block
             WHERE found.journey = ? AND found.block > ? ORDER BY found.block LIMIT ?`,
            journey,
            after,
            limit,
          ),
    );
  }

  /** Returns the newest lines of a journey, oldest first, and whether older ones were left out. */
  async linesOf(journey: string, limit: number): Promise<{ lines: NumberedLine[]; isTruncated: boolean }> {
    await this.#first();
    const blocks = await this.#database.all<EventBlock>(
      sql(
        `SELECT block.last, block.size, block.events FROM journey_block AS found
         JOIN event_block AS block ON block.last = found.block
         WHERE found.journey = ? ORDER BY found.block DESC LIMIT ?`,
        journey,
        limit,
      ),
    );
    const lines = blocks.reverse().flatMap((block) => numberedLines(block, 0, journey));
    return { lines: lines.slice(-limit), isTruncated: blocks.length >= limit || lines.length > limit };
  }

  /**
   * Removes blocks with only events older than this time or beyond the newest `most`, and the links of journeys without events.
   * Returns whether more remain.
   */
  async sweep(before: number, most = maxKept): Promise<boolean> {
    const beyond = (await this.last()) - most;
    return await inBatches(() => this.#sweepSome(before, beyond), sweptAtOnce);
  }

  /** Returns the number of removed blocks. */
  async #sweepSome(before: number, beyond: number): Promise<number> {
    const blocks = await this.#database.all<EventBlock>(
      sql(`SELECT last, size, events FROM event_block ORDER BY last LIMIT ${sweptAtOnce}`),
    );
    const young = blocks.findIndex((block) => block.last > beyond && newestOf(block) >= before);
    const old = young === -1 ? blocks : blocks.slice(0, young);
    const last = old.at(-1)?.last;
    if (last === undefined) return 0;
    const journeys = new Set(old.flatMap((block) => numberedLines(block)).map(({ journey }) => journey));
    await this.#database.batch([
      sql('DELETE FROM event_block WHERE last <= ?', last),
      ...pieces([...journeys]).flatMap((some) => [
        sql(
          `DELETE FROM journey_block WHERE journey IN (${marks(some.length)}) AND block <= ?`,
          ...some,
          last,
        ),
        sql(
          `DELETE FROM journey_link WHERE journey IN (${marks(some.length)})
           AND NOT EXISTS (SELECT 1 FROM journey_block WHERE journey_block.journey = journey_link.journey)`,
          ...some,
        ),
        ...(['journey', 'message', 'journey_reached'] as const).map((table) =>
          removeEmptiedStatement(table, some),
        ),
      ]),
    ]);
    return old.length;
  }
}
