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

test('the key is made once, for its owner alone, and leaves nothing beside it', (t) => {
  const folder = folderOf(t);
  assert.equal(new MasterKeyFile(folder, undefined).read(), undefined);
  const first = new MasterKeyFile(folder, undefined).make().serviceSecret('a', 'b');
  assert.equal(new MasterKeyFile(folder, undefined).make().serviceSecret('a', 'b'), first);
  assert.equal(new MasterKeyFile(folder, undefined).read()?.serviceSecret('a', 'b'), first);
  assert.deepEqual(readdirSync(folder), ['master.key']);
  assert.equal(statSync(join(folder, 'master.key')).mode & 0o777, 0o600);
});

test('the key is made although another process was killed while it made one', (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'master.key.draft'), '');
  new MasterKeyFile(folder, undefined).make();
  assert.equal(Buffer.from(readFileSync(join(folder, 'master.key'), 'utf8'), 'base64url').length, 32);
});

test('a key that is too short is refused in one sentence', (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'master.key'), '');
  assert.throws(() => new MasterKeyFile(folder, undefined).read(), /must hold at least 32 bytes/);
});
