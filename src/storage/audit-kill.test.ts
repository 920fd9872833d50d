import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@alongside/kernel/clock';
import { Vault } from '@alongside/kernel/secrets';
import { postgresMissing, sharePostgres } from '../../test/testing/postgres.ts';
import { AuditLog } from './audit.ts';
import { sql } from './database.ts';
import { openDatabase } from './dialects.ts';

const program = fileURLToPath(new URL('./testing/audit-writer.ts', import.meta.url));

/** Lets a process write until this many records were confirmed, kills it, and checks the remaining records. */
async function killUnderLoad(url: string, folder: string): Promise<void> {
  const writer = spawn(process.execPath, [program, url, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const promised: string[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    promised.push(line);
    if (promised.length === 400) writer.kill('SIGKILL');
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
  assert.equal(writer.signalCode, 'SIGKILL');

  const database = await openDatabase(url, folder);
  const audit = new AuditLog(database, systemClock, new Vault(Buffer.alloc(32, 1)));
  // The second check seals the records of the dead process.
  await audit.tick();
  await audit.tick();
  const written = new Set<string>();
  for await (const page of audit.pages({ actor: 'load' }))
    for (const { target } of page) {
      assert.ok(!written.has(target), `${target} is there once`);
      written.add(target);
    }
  assert.deepEqual(
    promised.filter((target) => !written.has(target)),
    [],
  );
  const acts = await database.all<{ code: string }>(sql("SELECT code FROM organisation WHERE name = 'load'"));
  const recorded = [...written].filter((target) => target.startsWith('act-'));
  assert.deepEqual(acts.map(({ code }) => code).sort(), recorded.sort());
  assert.deepEqual((await audit.verify()).problem, undefined);
  await audit.close();
  await database.close();
}

describe('the audit log of a process that is killed under load', () => {
  test('contains every confirmed record, and the act of each record with one: SQLite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alongside-audit-'));
    try {
      await killUnderLoad('', folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('contains every confirmed record, and the act of each record with one: PostgreSQL', {
    skip: postgresMissing,
  }, async () => {
    const server = await sharePostgres();
    try {
      await killUnderLoad(await server.create('audit_kill'), '');
    } finally {
      await server.stop();
    }
  });
});
