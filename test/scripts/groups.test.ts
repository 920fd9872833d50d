import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const clone = join(import.meta.dirname, '../..');
const inScripts = (name: string): string => pathToFileURL(join(clone, 'scripts/test', name)).href;
// Scripts, without types.
const { writeGroups } = (await import(inScripts('groups.mjs'))) as {
  writeGroups(files: string[], folder: string): string[];
};
const { testFiles } = (await import(inScripts('files.mjs'))) as { testFiles(): string[] };

describe('groups of test files', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alongside-groups-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function run(files: Record<string, string>) {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const groups = writeGroups(
      Object.keys(files).map((name) => join(folder, name)),
      folder,
    );
    const report = join(folder, 'report.json');
    const env: NodeJS.ProcessEnv = { ...process.env };
    delete env.NODE_TEST_CONTEXT;
    const reporters = [
      `--test-reporter=${pathToFileURL(join(clone, 'scripts/test/closing.mjs'))}`,
      `--test-reporter-destination=${report}`,
    ];
    const child = spawn(process.execPath, ['--test', ...reporters, ...groups], { env, stdio: 'ignore' });
    const [code] = await once(child, 'close');
    return { code, ...(JSON.parse(await readFile(report, 'utf8')) as { failed: object[]; said: unknown[] }) };
  }

  test('contain each test file once', async () => {
    const groups = writeGroups(testFiles(), folder);
    const texts = await Promise.all(groups.map((path) => readFile(path, 'utf8')));
    const named = texts.flatMap((text) => [...text.matchAll(/load\("(.*?)"\)/g)].map(([, file]) => file));
    assert.deepEqual(named.sort(), testFiles());
  });

  test('keep the hooks of a file from other files', async () => {
    const file = (own: number) => `import { before, test } from 'node:test';
      let ran = 0;
      globalThis.hooks ??= 0;
      before(() => { ran = ++globalThis.hooks; });
      test('own hook', () => { if (ran !== ${own}) throw new Error(String(ran)); });`;
    assert.equal((await run({ 'a.test.ts': file(1), 'b.test.ts': file(2) })).code, 0);
  });

  test('give a file no RSA key twice, whenever it takes them', async () => {
    const file = `import { generateKeyPairSync } from 'node:crypto';
      import { test } from 'node:test';
      const make = () => {
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
        return privateKey.export({ type: 'pkcs8', format: 'pem' });
      };
      const keys = [make(), make()];
      test('has its own keys', () => {
        keys.push(make(), make(), make());
        if (new Set(keys).size !== 5) throw new Error('a key was given twice');
      });`;
    assert.equal((await run({ 'f.test.ts': file, 'g.test.ts': file, 'h.test.ts': file })).code, 0);
  });

  test('report a failed test, a file that cannot be loaded, and standard error', async () => {
    const { code, failed, said } = await run({
      'c.test.ts': `import { test } from 'node:test'; console.error('on stderr'); test('fails', () => { throw 1; });`,
      'd.test.ts': `import './missing.ts';`,
    });
    const [c, d] = [join(folder, 'c.test.ts'), join(folder, 'd.test.ts')];
    assert.equal(code, 1);
    assert.deepEqual(
      failed.map((failure) => (failure as { name: string }).name),
      ['fails', 'the file'],
    );
    const [thrown = '', missing = ''] = failed.map((failure) => (failure as { why: string[] }).why[0]);
    assert.equal(thrown, '1');
    assert.match(missing, /Cannot find module/);
    assert.deepEqual(said, [[[c, d], 'on stderr\n']]);
  });

  test('report the files of a process that exits', async () => {
    const text = `import { test } from 'node:test'; test('ends', () => process.exit(3));`;
    const { code, failed } = await run({ 'e.test.ts': text });
    assert.equal(code, 1);
    assert.match(JSON.stringify(failed), /"the process of [^"]*e\.test\.ts"/);
    assert.match(JSON.stringify(failed), /"why":\["exit code 3"\]/);
  });
});
