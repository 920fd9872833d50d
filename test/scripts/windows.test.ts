// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts of programs
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

// A script, without types.
const script = pathToFileURL(join(import.meta.dirname, '../../scripts/check/windows.mjs')).href;
const { inFile, windows } = (await import(script)) as {
  inFile(file: string, text: string): string[];
  windows(files?: string[], read?: (file: string) => string): string[];
};

describe('the check of what runs on Windows', () => {
  /** Lines of a program, with the part of the complaint about each. */
  const refused: readonly (readonly [string, RegExp])[] = [
    ["await import(join(folder, 'a.mjs'));", /pathToFileURL/],
    ["const file = join(folder, 'a.mjs');\nawait import(file);", /:2: import\(\) takes a URL/],
    ['files.map((file) => import(file));', /pathToFileURL/],
    ["const text = `await import(${JSON.stringify(join(a, 'b.ts'))})`;", /pathToFileURL/],
    ["const flag = `--test-reporter=${join(folder, 'a.mjs')}`;", /pathToFileURL/],
    ['const flag = `--import=${file}`;', /pathToFileURL/],
    ['spawn(command, words, { shell: true });', /shell/],
    ["spawn(command, words, { shell: process.platform === 'win32' });", /shell/],
    ['const uid = process.getuid();', /write process\.getuid\?\.\(\)/],
    ["import { rename } from 'node:fs/promises';\nawait rename(draft, file);", /:2: .*renameSafely/],
    ['renameSync(draft, file);', /renameSafely/],
    ["spawn('sh', ['-c', 'true']);", /Windows has no sh/],
    ["const { stdout } = await execFile('/bin/cat', [file]);", /Windows has no \/bin\/cat/],
  ];
  for (const [text, problem] of refused)
    test(`refuses ${text.split('\n').at(-1)}`, () =>
      assert.match(inFile('kernel/a.test.ts', text).join('\n'), problem));

  const accepted = [
    "await import(pathToFileURL(join(folder, 'a.mjs')).href);",
    "const script = pathToFileURL(join(folder, 'a.mjs')).href;\nawait import(script);",
    "await import('node:fs');",
    'await import(`../dist/${name}.js`);',
    "const name: string = 'a-package';\nawait import(name);",
    "const flag = `--test-reporter=${isShort ? 'dot' : 'spec'}`;",
    'const flag = `--test-reporter=${pathToFileURL(file)}`;',
    'spawn(command, words, { shell: false });',
    "const table = { shell: '/assets/console.js' };",
    'const uid = process.getuid?.() ?? 0;',
    'await database.run(rename(from, to));',
    'await renameSafely(draft, file);',
    "spawn(process.execPath, ['-e', code]);",
  ];
  for (const text of accepted)
    test(`accepts ${text.split('\n').at(-1)}`, () => assert.deepEqual(inFile('kernel/a.test.ts', text), []));

  test('accepts programs of POSIX in code and tests for Linux', () => {
    for (const file of ['src/a.ts', 'test/deploy/a.test.ts'])
      assert.deepEqual(inFile(file, "spawn('sh', []);"), []);
  });

  test('requires line ends that do not depend on git', () => {
    assert.match(windows(['.gitattributes'], () => '* text=auto\n').join(), /eol=lf/);
  });

  test('finds nothing in this project', () => assert.deepEqual(windows(), []));
});
