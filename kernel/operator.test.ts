import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertMode, onWindows } from '../test/testing/platform.ts';
import { makeFolder, nearest, printable, printableLines } from './operator.ts';

describe('makeFolder', () => {
  test('creates missing parents with the mode, and accepts an existing folder', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'alongside-folder-'));
    t.after(() => rmSync(root, { recursive: true }));
    const folder = join(root, 'a', 'b');
    makeFolder(folder, 0o700);
    makeFolder(folder);
    for (const path of [join(root, 'a'), folder]) assertMode(path, 0o700);
    writeFileSync(join(folder, 'file'), '');
    assert.throws(() => makeFolder(join(folder, 'file')), { code: 'EEXIST' });
    assert.throws(() => makeFolder(join(folder, 'file', 'c')), { code: onWindows ? 'ENOENT' : 'ENOTDIR' });
  });

  test('throws where the system allows no folder', { skip: process.platform !== 'linux' }, () => {
    for (const path of ['/proc/x', '/proc/x/y']) assert.throws(() => makeFolder(path), { code: 'ENOENT' });
  });
});

describe('printable', () => {
  const controls: readonly (readonly [string, string, string])[] = [
    ['ESC, which begins a sequence of the terminal', 'a\u001b[2J', 'a\\u001b[2J'],
    ['CR, which overwrites a line', 'safe\rowned', 'safe\\u000downed'],
    ['LF, which fakes a line', 'a\nok', 'a\\u000aok'],
    ['U+202E, which turns the reading order', 'a\u202egnp', 'a\\u202egnp'],
    ['U+009B, a sequence in one character', '\u009b2J', '\\u009b2J'],
    ['U+2028, which fakes a line', 'a\u2028ok', 'a\\u2028ok'],
    ['U+2029, which fakes a paragraph', 'a\u2029ok', 'a\\u2029ok'],
    ['a tag character beyond the first plane', '\u{e0041}', '\\udb40\\udc41'],
    ['half of a surrogate pair', '\ud800', '\\ud800'],
  ];
  for (const [what, text, shown] of controls)
    test(`shows ${what}`, () => assert.equal(printable(text), shown));

  test('leaves letters, marks and symbols of every script', () =>
    assert.equal(printable('Zoë Ó Súilleabháin 李 👩 £'), 'Zoë Ó Súilleabháin 李 👩 £'));

  test('keeps the value of any JSON and leaves no control character in it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const line = printable(JSON.stringify(value));
        assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u);
        assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('keeps line feeds in multi-line text', () =>
    assert.equal(printableLines('a\r\nb\u001b\n'), 'a\\u000d\nb\\u001b\n'));
});

describe('nearest', () => {
  const names = ['status', 'gp', 'discovery-other-issuer', '--now', '--host', '--port-base'];
  for (const [typed, known] of [
    ['stauts', 'status'],
    ['Status', 'status'],
    ['stat', 'status'],
    ['gpp', 'gp'],
    ['--nwo', '--now'],
    ['--port', '--port-base'],
    ['discovery-othr-isuer', 'discovery-other-issuer'],
  ] as const)
    test(`suggests ${known} for ${typed}`, () =>
      assert.equal(nearest(typed, names), ` Did you mean ${known}?`));
  for (const typed of ['', 'frobnicate', 'xyz', 'a'.repeat(100_000)])
    test(`suggests nothing for ${typed.slice(0, 20) || 'nothing'}`, () =>
      assert.equal(nearest(typed, names), ''));
});
