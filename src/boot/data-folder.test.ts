import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openVault } from './data-folder.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-vault-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('the key is made once, for its owner alone, and leaves nothing beside it', (t) => {
  const folder = folderOf(t);
  const first = openVault(folder, undefined).serviceSecret('a', 'b');
  assert.equal(openVault(folder, undefined).serviceSecret('a', 'b'), first);
  assert.deepEqual(readdirSync(folder), ['master.key']);
  assert.equal(statSync(join(folder, 'master.key')).mode & 0o777, 0o600);
});

test('what a process left that was ended while it made the key stands in nobody’s way', (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'master.key.draft'), '');
  openVault(folder, undefined);
  assert.equal(Buffer.from(readFileSync(join(folder, 'master.key'), 'utf8'), 'base64url').length, 32);
});

test('a key that is too short is refused in one sentence', (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'master.key'), '');
  assert.throws(() => openVault(folder, undefined), /must hold at least 32 bytes/);
});
