import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { dialects, postgresMissing, sharePostgres, type TestDatabases } from './postgres.ts';

/** A dialect by name, and a function that creates an empty database and returns its setting. */
type Dialect = readonly [name: string, create: () => Promise<string>];

/** Returns both dialects for the tests of a file. Starts PostgreSQL before them and stops it after them. */
export function bothDialects(): readonly Dialect[] {
  let server: TestDatabases | undefined;
  let folder: string;
  let databases = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'alongside-dialects-'));
    if (postgresMissing === false) server = await sharePostgres();
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return dialects<Dialect, Dialect>(
    ['SQLite', async () => `sqlite:${join(folder, `${++databases}.db`)}`],
    ['PostgreSQL', async () => server?.create(`database_${++databases}`) ?? assert.fail()],
  );
}
