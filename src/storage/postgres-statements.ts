import type { Duplex } from 'node:stream';
import { sha256 } from '@alongside/kernel/secrets';
import type pg from 'pg';
import type { BatchResult, Row, Statement, StatementResult } from './database.ts';

interface Prepared {
  text: string;
  name?: string;
}

const prepared = new Map<string, Prepared>();
/** `?` to `$1`, `$2`, …: no statement of ours has a question mark in a literal. Planned once for each connection. */
function prepare(text: string): Prepared {
  let made = prepared.get(text);
  if (made === undefined) {
    let count = 0;
    made = { text: text.replace(/\?/g, () => `$${++count}`) };
    // A plan of `SELECT *` would fail when a newer version adds a column beside this process.
    if (!text.includes('*')) made.name = sha256(text);
    prepared.set(text, made);
  }
  return made;
}

export const toQuery = ({ text, values }: Statement): pg.QueryConfig => ({
  ...prepare(text),
  values: [...values],
});

/** The socket of a connection, which node-postgres does not name in its types: corked, it sends several queries as one write. */
export const streamOf = (client: pg.ClientBase): Duplex =>
  (client as unknown as { connection: { stream: Duplex } }).connection.stream;

const resultOf = ({ rowCount, rows }: pg.QueryResult): StatementResult => ({
  changes: rowCount ?? 0,
  rows: rows as Row[],
});
const failed = ({ mustChange }: Statement, result: StatementResult): boolean =>
  mustChange === true && result.changes === 0;

export async function runOne(client: pg.ClientBase, statements: readonly Statement[]): Promise<BatchResult> {
  const results: StatementResult[] = [];
  for (const statement of statements) results.push(resultOf(await client.query(toQuery(statement))));
  return { done: statements.every((statement, n) => !results[n] || !failed(statement, results[n])), results };
}

/** The statements between two looks at what came: one that is a condition ends its group. */
function groupsOf(statements: readonly Statement[]): Statement[][] {
  const groups: Statement[][] = [[]];
  for (const statement of statements) {
    groups.at(-1)?.push(statement);
    if (statement.mustChange) groups.push([]);
  }
  return groups;
}

/** One way to the server and back for each condition and one for the rest, `BEGIN` and `COMMIT` with them. */
export async function runTransaction(
  client: pg.ClientBase,
  statements: readonly Statement[],
): Promise<BatchResult> {
  const results: StatementResult[] = [];
  const groups = groupsOf(statements);
  for (const [n, group] of groups.entries()) {
    const queries: (string | pg.QueryConfig)[] = group.map(toQuery);
    if (n === 0) queries.unshift('BEGIN');
    if (n === groups.length - 1) queries.push('COMMIT');
    const came = (await together(client, queries)).slice(n === 0 ? 1 : 0);
    results.push(...came.slice(0, group.length).map(resultOf));
    const last = group.at(-1);
    const lastResult = results.at(-1);
    if (last && lastResult && failed(last, lastResult)) {
      await client.query('ROLLBACK');
      return { done: false, results };
    }
  }
  return { done: true, results };
}

/** Sends several queries at once; the first error of any, once all are answered. `COMMIT` after an error rolls back. */
async function together(
  client: pg.ClientBase,
  queries: readonly (string | pg.QueryConfig)[],
): Promise<pg.QueryResult[]> {
  const stream = streamOf(client);
  stream.cork();
  const sent = queries.map((query) => client.query(query as pg.QueryConfig));
  stream.uncork();
  const settled = await Promise.allSettled(sent);
  const refused = settled.find((one) => one.status === 'rejected');
  if (refused) throw refused.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<pg.QueryResult>).value);
}
