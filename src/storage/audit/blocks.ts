import { z } from 'zod';
import { must, type Statement, sql } from '../database.ts';
import { integer, type RowOf, row, storedJson, text } from '../row.ts';
import type { AuditRow } from './entry.ts';
import { type NewBlock, newBlocks, type SealedFields, type SealedRecord } from './seal.ts';

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

/** Returns one statement that stores a block in PostgreSQL, on a condition. */
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

/** Returns the batch that stores records of a chain in PostgreSQL, on this condition. */
export function postgresBlockStatements(
  condition: Statement,
  { chain, records, more }: Appended,
): Statement[] {
  const blocks = newBlocks(chain, records);
  const [only] = blocks;
  if (only && blocks.length === 1 && more.length === 0) return [must(postgresStatement(only, condition))];
  return [must(condition), ...blocks.map((block) => postgresStatement(block)), ...more];
}
