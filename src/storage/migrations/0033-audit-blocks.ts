import { insertStatement } from '../batches.ts';
import { type Database, type Statement, sql } from '../database.ts';
import type { DataMigration, MovedRows } from '../migration.ts';

/** The number of records of a batch, and the most of a block. */
const batch = 2_048;
export const blockSize = 64;
/** The times of the records of a block are within this many milliseconds. */
export const longestSpan = 60_000;

/** A record as its MAC covers it. */
export interface SealedFields {
  chain: string;
  seq: number;
  at: number;
  previous: string;
  action: string;
  outcome: string;
  actor: string;
  application: string;
  subject: string;
  body: string;
}

/** Returns the text that the MAC of a record covers: it binds the record to its position in its chain and to the record before. */
export const sealedText = (record: SealedFields): string =>
  JSON.stringify([
    record.chain,
    record.seq,
    record.at,
    record.previous,
    record.action,
    record.outcome,
    record.actor,
    record.application,
    record.subject,
    record.body,
  ]);

/** Actions that sign-ins, token requests and API calls write: most records have one of these, so a search finds them without a term. */
const frequentActions: ReadonlySet<string> = new Set([
  'cis.sign-in',
  'cis.role-chosen',
  'cis.session-ended',
  'cis2.sign-in',
  'cis2.signed-in-again',
  'cis2.code-issued',
  'cis2.tokens-issued',
  'cis2.tokens-refreshed',
  'cis2.session-ended',
  'authorisation.code-issued',
  'authorisation.tokens-issued',
  'authorisation.tokens-refreshed',
  'authorisation.tokens-revoked',
  'api.called',
  'patient.read',
  'patient.searched',
  'patient.changed',
]);

type Terms = Partial<Pick<SealedFields, 'subject' | 'actor' | 'action' | 'outcome' | 'application'>>;

/** Returns the terms by which the block of a record is found, those of the fewest records first. */
export function termsOf({ subject, actor, action, outcome, application }: Terms): string[] {
  const terms: string[] = [];
  if (subject) terms.push(`subject ${subject}`);
  if (actor) terms.push(`actor ${actor}`);
  if (action && !frequentActions.has(action)) terms.push(`action ${action}`);
  if (outcome && outcome !== 'ok') terms.push(`outcome ${outcome}`);
  if (application) terms.push(`application ${application}`);
  return terms;
}

/** Splits records of a chain into blocks. */
export function blocksOf<R>(records: readonly R[], at: (record: R) => number): R[][] {
  const blocks: R[][] = [];
  let [oldest, newest] = [0, 0];
  for (const record of records) {
    const time = at(record);
    const block = blocks.at(-1);
    if (block && block.length < blockSize && Math.max(newest, time) - Math.min(oldest, time) < longestSpan) {
      block.push(record);
      oldest = Math.min(oldest, time);
      newest = Math.max(newest, time);
    } else {
      blocks.push([record]);
      oldest = time;
      newest = time;
    }
  }
  return blocks;
}

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
