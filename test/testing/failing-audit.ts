import assert from 'node:assert/strict';
import { type Database, sql } from '../../src/storage/database.ts';

/** Runs an act while no audit record can be written, in a batch or alone. */
async function whileAuditFails<T>(database: Database, act: () => Promise<T>): Promise<T> {
  const tables = ['audit_unsealed', 'audit_block'];
  const rename = (from: string, to: string) =>
    database.batch(tables.map((table) => sql(`ALTER TABLE ${table}${from} RENAME TO ${table}${to}`)));
  await rename('', '_away');
  try {
    return await act();
  } finally {
    await rename('_away', '');
  }
}

/**
 * Asserts that an act without a possible audit record fails and changes none of these tables, and that it changes them when the
 * audit log works.
 * @param tables none for a read
 */
export async function assertNeedsAudit(
  database: Database,
  tables: readonly string[],
  act: () => Promise<{ status: number }>,
): Promise<void> {
  const read = async () =>
    Object.fromEntries(
      await Promise.all(
        tables.map(async (table) => [table, await database.all(sql(`SELECT * FROM ${table}`))] as const),
      ),
    );
  const before = await read();
  const refused = await whileAuditFails(database, act);
  assert.ok(refused.status >= 400, `it answers ${refused.status} without its audit record`);
  assert.deepEqual(await read(), before, 'nothing has changed');
  const { status } = await act();
  if (tables.length > 0) assert.notDeepEqual(await read(), before, 'now it has changed');
  else assert.ok(status < 400, `it answers ${status} with its audit record`);
}
