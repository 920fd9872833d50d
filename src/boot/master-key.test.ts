import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { MasterKeyFile } from './master-key.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-vault-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('MasterKeyFile creates the key once, readable by its owner only, and leaves no other file', (t) => {
  const folder = folderOf(t);
  assert.equal(new MasterKeyFile(folder, {}).read(), undefined);
  const first = new MasterKeyFile(folder, {}).make().serviceSecret('a', 'b');
  assert.equal(new MasterKeyFile(folder, {}).make().serviceSecret('a', 'b'), first);
  assert.equal(new MasterKeyFile(folder, {}).read()?.serviceSecret('a', 'b'), first);
  assert.deepEqual(readdirSync(folder), ['master.key']);
  assert.equal(statSync(join(folder, 'master.key')).mode & 0o777, 0o600);
});

test('MasterKeyFile creates the key after another process was killed while creating one', (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'master.key.draft'), '');
  new MasterKeyFile(folder, {}).make();
  assert.equal(Buffer.from(readFileSync(join(folder, 'master.key'), 'utf8'), 'base64url').length, 32);
});

test('MasterKeyFile refuses a short key in one sentence', (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'master.key'), '');
  assert.throws(() => new MasterKeyFile(folder, {}).read(), /must hold at least 32 bytes/);
});

describe('MasterKeyFile with a command', () => {
  const key = 'a'.repeat(43);
  const read = (command: string) => new MasterKeyFile('/nowhere', { masterKeyCommand: command }).read();

  test('has the key that the command prints, and creates no file', (t) => {
    const folder = folderOf(t);
    writeFileSync(join(folder, 'key'), `${key}\n`);
    const own = new MasterKeyFile(folder, { masterKey: join(folder, 'key') }).read()?.serviceSecret('a', 'b');
    assert.equal(read(`"${process.execPath}" -p "'${key}'"`)?.serviceSecret('a', 'b'), own);
    assert.equal(read(`"${process.execPath}" -p "'${key}='"`)?.serviceSecret('a', 'b'), own, 'with padding');
    assert.deepEqual(readdirSync(folder), ['key']);
  });

  for (const [name, command, message] of [
    ['fails', `"${process.execPath}" -e "console.log('${key}'); process.exit(3)"`, /ended with code 3/],
    [
      'prints a message too',
      `"${process.execPath}" -p "'Using a key: ${key}'"`,
      /the command printed something else/,
    ],
    ['prints nothing', `"${process.execPath}" -e 0`, /the command printed nothing/],
    ['prints a lot', `"${process.execPath}" -p "'a'.repeat(100_000)"`, /the command printed more than a key/],
    ['prints too little', `"${process.execPath}" -p "'short'"`, /must hold at least 32 bytes/],
  ] as const)
    test(`refuses to start in one sentence without its output if the command ${name}`, () =>
      assert.throws(
        () => read(command),
        ({ message: text }: Error) => message.test(text) && !/aaaa|short/.test(text),
      ));

  test('refuses a file and a command at once', () =>
    assert.throws(() => new MasterKeyFile('.', { masterKey: 'x', masterKeyCommand: 'y' }), /not both/));
});
