import { blockSize, blocksOf, type SealedFields, sealedText, termsOf } from '../audit/seal.ts';
import { insertStatement } from '../batches.ts';
import { type Database, type Statement, sql } from '../database.ts';
import type { DataMigration, MovedRows } from '../migration.ts';

/** The number of records of a batch. */
const batch = 2_048;

interface OldRecord extends SealedFields {
  id: number;
  mac: string;
}

/** Splits records where their numbers, over all chains or in their chain, are not consecutive. */
function runsOf(records: readonly OldRecord[]): OldRecord[][] {
  const runs: OldRecord[][] = [];
  for (const record of records) {
    const before = runs.at(-1)?.at(-1);
    const continues =
      before?.chain === record.chain && before.seq === record.seq - 1 && before.id === record.id - 1;
    if (continues) runs.at(-1)?.push(record);
    else runs.push([record]);
  }
  return runs;
}

function movedStatements(records: readonly OldRecord[]): Statement[] {
  const last = records.at(-1);
  if (!last) return [];
  const lines = records.map((record) => record.mac + sealedText(record)).join('\n');
  const at = Math.max(...records.map((record) => record.at));
  const terms = new Set(records.flatMap(termsOf));
  return [
    insertStatement(
      'audit_block',
      ['last', 'chain', 'seq', 'at', 'records'],
      [[last.id, last.chain, last.seq, at, lines]],
    ),
    ...(terms.size === 0
      ? []
      : [
          insertStatement(
            'audit_term',
            ['term', 'block'],
            [...terms].map((term) => [term, last.id]),
          ),
        ]),
  ];
}

async function nextBatch(database: Database, position: string): Promise<MovedRows | undefined> {
  const records = await database.all<OldRecord>(
    sql(`SELECT * FROM audit_record WHERE id > ? ORDER BY id LIMIT ${batch}`, Number(position)),
  );
  const last = records.at(-1);
  return (
    last && {
      statements: runsOf(records)
        .flatMap((run) => blocksOf(run, ({ at }) => at))
        .flatMap(movedStatements),
      position: String(last.id),
      count: records.length,
    }
  );
}

/**
 * Audit records as blocks: up to 64 of one chain, a line each with its MAC and the text that this covers. `last` is the number of the
 * last record over all chains, `seq` its number in its chain, and `at` the time of the newest. Terms find the blocks of an actor, an
 * application, a patient, a seldom action or another outcome than `ok`. On PostgreSQL a sequence numbers the records, with gaps.
 */
export const auditBlocks: DataMigration = {
  from: 'audit_record',
  rowTime: { sqlite: 7, postgres: 12 },
  before: [
    `CREATE TABLE audit_block (
      last {rowid} PRIMARY KEY,
      chain TEXT NOT NULL,
      seq BIGINT NOT NULL,
      at BIGINT NOT NULL,
      records TEXT NOT NULL,
      UNIQUE (chain, seq)
    )`,
    'CREATE INDEX audit_block_at ON audit_block (at)',
    'CREATE TABLE audit_term (term TEXT NOT NULL, block BIGINT NOT NULL, PRIMARY KEY (term, block)) {small rows}',
    'CREATE INDEX audit_term_block ON audit_term (block)',
  ],
  nextBatch,
  after: [
    { postgres: `CREATE SEQUENCE audit_number INCREMENT BY ${blockSize} OWNED BY audit_block.last` },
    {
      postgres: `SELECT setval('audit_number', 1 + GREATEST(
        (SELECT COALESCE(MAX(last), 0) FROM audit_block), (SELECT COALESCE(MAX(seq), 0) FROM audit)), false)`,
    },
    'DROP TABLE audit_record',
  ],
};
