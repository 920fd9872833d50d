import { insertStatement } from '../batches.ts';
import { type Database, sql } from '../database.ts';
import type { DataMigration, MovedRows } from '../migration.ts';

/** The number of events of a batch, and the most of a block. */
const batch = 2_048;
const blockSize = 64;

interface OldEvent {
  seq: number;
  journey: string;
  at: string;
  from_party: string;
  to_party: string;
  name: string;
  outcome: string;
  detail: string;
}

const lineOf = ({ journey, at, from_party: from, to_party: to, name, outcome, detail }: OldEvent): string =>
  `${JSON.stringify({ journey, at, from, to, name, outcome }).slice(0, -1)},"detail":${detail}}`;

/** Splits events into blocks of consecutive numbers. */
function blocksOf(events: readonly OldEvent[]): OldEvent[][] {
  const blocks: OldEvent[][] = [];
  for (const event of events) {
    const block = blocks.at(-1);
    if (block && block.length < blockSize && block.at(-1)?.seq === event.seq - 1) block.push(event);
    else blocks.push([event]);
  }
  return blocks;
}

const statementsOf = (block: readonly OldEvent[]) => {
  const last = block.at(-1)?.seq ?? 0;
  const journeys = [...new Set(block.map(({ journey }) => journey))];
  return [
    insertStatement(
      'event_block',
      ['last', 'size', 'events'],
      [[last, block.length, block.map(lineOf).join('\n')]],
    ),
    insertStatement(
      'journey_block',
      ['journey', 'block'],
      journeys.map((journey) => [journey, last]),
    ),
  ];
};

async function nextBatch(database: Database, position: string): Promise<MovedRows | undefined> {
  const events = await database.all<OldEvent>(
    sql(`SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ${batch}`, Number(position)),
  );
  const last = events.at(-1);
  return (
    last && {
      statements: blocksOf(events).flatMap(statementsOf),
      position: String(last.seq),
      count: events.length,
    }
  );
}

/**
 * Events as blocks: up to 64 with consecutive numbers, a line of JSON each, under the number of the last. A block is written for each
 * group of events that is stored together. Links keep their rows; ids are linked as they are, other values by their hashes.
 */
export const eventBlocks: DataMigration = {
  from: 'event',
  rowTime: { sqlite: 8, postgres: 17 },
  before: [
    'CREATE TABLE event_block (last {rowid} PRIMARY KEY, size BIGINT NOT NULL, events TEXT NOT NULL)',
    `CREATE TABLE journey_block (
      journey TEXT NOT NULL,
      block BIGINT NOT NULL,
      PRIMARY KEY (journey, block)
    ) {small rows}`,
    // The number of the newest event, also when it was removed.
    'CREATE TABLE event_count (last BIGINT NOT NULL)',
    'ALTER TABLE journey_link RENAME COLUMN hash TO value',
  ],
  nextBatch,
  after: ['INSERT INTO event_count (last) VALUES ({last event})', 'DROP TABLE event'],
};
