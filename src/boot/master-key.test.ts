import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MasterKeyFile } from './master-key.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-vault-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('MasterKeyFile creates the key once, readable by its owner only, and leaves no other file', (t) => {
  const folder = folderOf(t);
  assert.equal(new MasterKeyFile(folder, undefined).read(), undefined);
  const first = new MasterKeyFile(folder, undefined).make().serviceSecret('a', 'b');
  assert.equal(new MasterKeyFile(folder, undefined).make().serviceSecret('a', 'b'), first);
  assert.equal(new MasterKeyFile(folder, undefined).read()?.serviceSecret('a', 'b'), first);
  assert.deepEqual(readdirSync(folder), ['master.key']);
  assert.equal(statSync(join(folder, 'master.key')).mode & 0o777, 0o600);
});

test('MasterKeyFile creates the key after another process was killed while creating one', (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'master.key.draft'), '');
  new MasterKeyFile(folder, undefined).make();
  assert.equal(Buffer.from(readFileSync(join(folder, 'master.key'), 'utf8'), 'base64url').length, 32);
});

test('MasterKeyFile refuses a short key in one sentence', (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'master.key'), '');
  assert.throws(() => new MasterKeyFile(folder, undefined).read(), /must hold at least 32 bytes/);
});
