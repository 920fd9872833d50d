import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Connect } from '../../src/storage/sqlite-connection.ts';
import { startInstance } from '../testing/instance.ts';
import { until } from '../testing/several-processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-damaged-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Overwrites a page that no request reads. */
function damage(file: string): void {
  const handle = new Connect(file);
  handle.exec('CREATE TABLE unread (text TEXT)');
  handle.prepare('INSERT INTO unread VALUES (?)').run('unread '.repeat(4_000));
  handle.close();
  const bytes = readFileSync(file);
  bytes.fill(0xff, bytes.lastIndexOf('unread unread') - 8_192, bytes.lastIndexOf('unread unread'));
  writeFileSync(file, bytes);
}

test('an instance with a damaged page serves, but is not ready', async (t) => {
  const start = () => startInstance({ ephemeral: false, data: folder, logLevel: 'silent' });
  await (await start()).stop();
  damage(join(folder, 'alongside.db'));
  const instance = await start();
  t.after(() => instance.stop());
  await until('the instance is not ready', async () => {
    const { status } = await fetch(`${instance.urls.console}/readyz`);
    return status === 503;
  });
  const { failed } = (await (await fetch(`${instance.urls.console}/readyz`)).json()) as { failed: unknown };
  assert.deepEqual(failed, ['storage']);
  await instance.signInAtDesk('gp');
});
