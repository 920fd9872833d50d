import { insertStatement } from '../batches.ts';
import { type Database, sql } from '../database.ts';
import { hashOf, jtiBucket } from '../jtis.ts';
import type { DataMigration, MovedRows } from '../migration.ts';
import { integer, row, text } from '../row.ts';

const maxRows = 1_000;

/** Kinds of single-use values that are moved. */
const kinds = [
  'authorisation-jti',
  'authorisation-standard-jti',
  'cis-agent-call',
  'cis2-assertion',
  'dpop-jti',
  'mock-assertion',
];
const ofKinds = `kind IN (${kinds.map((kind) => `'${kind}'`).join(', ')})`;
const columns = ['bucket', 'kind', 'hash', 'expires_at'];

const oldRow = row('single_use', { kind: text, hash: text, expires_at: integer });

async function nextBatch(database: Database): Promise<MovedRows | undefined> {
  const found = await database.all(
    sql(
      `SELECT kind, hash, expires_at FROM single_use WHERE ${ofKinds} ORDER BY kind, hash LIMIT ${maxRows}`,
    ),
    oldRow,
  );
  const last = found.at(-1);
  if (!last) return undefined;
  const moved = found.map(({ kind, hash, expires_at }) => [
    jtiBucket(expires_at),
    kind,
    hashOf(hash),
    expires_at,
  ]);
  return {
    statements: [
      insertStatement('used_jti', columns, moved),
      sql(`DELETE FROM single_use WHERE ${ofKinds} AND (kind, hash) <= (?, ?)`, last.kind, last.hash),
    ],
    position: `${last.kind} ${last.hash}`,
    count: found.length,
  };
}

/** Used jtis get a small table of their own. */
export const usedJtis: DataMigration = {
  from: 'single_use',
  rowTime: { sqlite: 8, postgres: 17 },
  before: [
    `CREATE TABLE used_jti (
      bucket BIGINT NOT NULL,
      kind TEXT NOT NULL,
      hash TEXT NOT NULL,
      expires_at BIGINT NOT NULL,
      {key of jtis}`,
    { postgres: 'CREATE INDEX used_jti_bucket ON used_jti (bucket)' },
  ],
  nextBatch,
  after: [],
};
