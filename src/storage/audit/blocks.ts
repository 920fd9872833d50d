import { z } from 'zod';
import { insertStatements } from '../batches.ts';
import { type Database, must, type Statement, sql } from '../database.ts';
import { blocksOf, type SealedFields, termsOf } from '../migrations/0033-audit-blocks.ts';
import { integer, type RowOf, row, storedJson, text } from '../row.ts';
import type { AuditRow, EncodedEntry } from './entry.ts';

/** Consecutive records of one chain: the number of the last over all chains and in its chain, and the time of the newest. */
export const blockRow = row('audit_block', {
  last: integer,
  chain: text,
  seq: integer,
  at: integer,
  records: text,
});
export type AuditBlock = RowOf<typeof blockRow>;
export const blockColumns = 'block.last, block.chain, block.seq, block.at, block.records';

/** A record with its MAC, ready to be stored. */
export interface SealedRecord {
  seq: number;
  mac: string;
  /** The text that its MAC covers. */
  text: string;
  entry: EncodedEntry;
}

/** Characters of a MAC in base64url. */
const macLength = 43;

/** A stored record, with the text that its MAC covers. */
export interface StoredRecord extends AuditRow {
  text: string;
}

type Fields = [string, number, number, string, string, string, string, string, string, string];
const fieldsShape = z.custom<Fields>(
  (value) =>
    Array.isArray(value) &&
    value.length === 10 &&
    value.every((field, n) => (n === 1 || n === 2 ? Number.isSafeInteger(field) : typeof field === 'string')),
);

/** Returns the members of a record; those of its place if its text was made illegible, because verifying must name it. */
function fieldsOf(line: string, place: Pick<SealedFields, 'chain' | 'seq' | 'at'>): SealedFields {
  try {
    const [chain, seq, at, previous, action, outcome, actor, application, subject, body] = storedJson(
      fieldsShape,
      line,
      'audit_block.records',
    );
    return { chain, seq, at, previous, action, outcome, actor, application, subject, body };
  } catch {
    const none = { previous: '', action: '', outcome: '', actor: '', application: '', subject: '' };
    return { ...place, ...none, body: '{}' };
  }
}

/** Returns the records of a block, oldest first. */
export function recordsOf({ last, chain, seq, at, records }: AuditBlock): StoredRecord[] {
  const lines = records.split('\n');
  return lines.map((line, n) => {
    const after = lines.length - 1 - n;
    const covered = line.slice(macLength);
    const fields = fieldsOf(covered, { chain, seq: seq - after, at });
    return { ...fields, id: last - after, mac: line.slice(0, macLength), text: covered };
  });
}

/** Returns the time of the newest record. */
export const newestOf = (records: readonly { readonly at: number }[]): number =>
  records.reduce((newest, { at }) => Math.max(newest, at), 0);

interface NewBlock {
  size: number;
  /** Its chain, the number of its last record there, the time of its newest record, and its lines. */
  values: [chain: string, seq: number, at: number, records: string];
  terms: string[];
}

const newBlock = (chain: string, records: readonly SealedRecord[]): NewBlock => ({
  size: records.length,
  values: [
    chain,
    records.at(-1)?.seq ?? 0,
    newestOf(records.map(({ entry }) => entry)),
    records.map(({ mac, text: covered }) => mac + covered).join('\n'),
  ],
  terms: [...new Set(records.flatMap(({ entry }) => termsOf(entry)))],
});

/** Numbers continue after those of earlier versions. The newest block is never deleted. */
const sqliteStatements = ({ size, values, terms }: NewBlock): Statement[] => [
  sql(
    `INSERT INTO audit_block (last, chain, seq, at, records) VALUES (
      (SELECT COALESCE(MAX(last), (SELECT MAX(seq) FROM audit), 0) FROM audit_block) + ?, ?, ?, ?, ?)`,
    size,
    ...values,
  ),
  ...insertStatements(
    'INSERT INTO audit_term (term, block)',
    '(?, (SELECT MAX(last) FROM audit_block))',
    terms.map((term) => [term]),
    ' ON CONFLICT DO NOTHING',
  ),
];

/** The same for PostgreSQL, as one statement. */
const postgresStatement = ({ size, values, terms }: NewBlock, condition?: Statement): Statement =>
  sql(
    `WITH ${condition ? `moved AS (${condition.text} RETURNING 1), ` : ''}
     numbered AS (SELECT nextval('audit_number') - 1 + CAST(? AS BIGINT) AS last${condition ? ' FROM moved' : ''}),
     block AS (INSERT INTO audit_block (last, chain, seq, at, records)
       SELECT last, ?, CAST(? AS BIGINT), CAST(? AS BIGINT), ? FROM numbered),
     terms AS (INSERT INTO audit_term (term, block)
       SELECT term, last FROM numbered, json_array_elements_text(CAST(? AS JSON)) AS found(term) ON CONFLICT DO NOTHING)
     SELECT last FROM numbered`,
    ...(condition?.values ?? []),
    size,
    ...values,
    JSON.stringify(terms),
  );

interface Appended {
  chain: string;
  records: readonly SealedRecord[];
  /** Further statements of the batch. */
  more: readonly Statement[];
}

/** Returns the batch that stores records of a chain on this condition. */
export function appendStatements(
  dialect: Database['dialect'],
  condition: Statement,
  { chain, records, more }: Appended,
): Statement[] {
  const blocks = blocksOf(records, ({ entry }) => entry.at).map((some) => newBlock(chain, some));
  if (dialect === 'sqlite') return [must(condition), ...blocks.flatMap(sqliteStatements), ...more];
  const [only] = blocks;
  if (only && blocks.length === 1 && more.length === 0) return [must(postgresStatement(only, condition))];
  return [must(condition), ...blocks.map((block) => postgresStatement(block)), ...more];
}
