import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { onWindows } from '../test/testing/platform.ts';
import { batchStart, quoteForBatchFile, startOf } from './windows-command.ts';

describe('quoteForBatchFile', () => {
  for (const [word, expected] of [
    ['', '""'],
    ['a b', '"a b"'],
    ['a&b|c<d>e^f!(g)', '"a&b|c<d>e^f!(g)"'],
    ['a"&calc', '"a""&calc"'],
    ['C:\\a\\', '"C:\\a\\\\"'],
    ['a\\"b', '"a\\\\""b"'],
    ['%PATH%', '"%%cd:~,%PATH%%cd:~,%"'],
  ] as const)
    test(`quotes ${word || 'an empty word'}`, () => assert.equal(quoteForBatchFile(word), expected));

  test('takes linear time for a long row of backslashes', () => {
    const began = performance.now();
    quoteForBatchFile(`${'\\'.repeat(100_000)}x`);
    assert.ok(performance.now() - began < 1_000);
  });
});

test('a batch file is not started with a word that has a line break', () => {
  assert.throws(() => batchStart('C:\\npm.cmd', ['a\nb']), {
    message: 'C:\\npm.cmd is a batch file, which cannot receive a word with a line break.',
  });
});

test('other systems start the program as it is named', { skip: onWindows }, () => {
  const options = { windowsVerbatimArguments: false };
  assert.deepEqual(startOf('npm', ['a&b']), { file: 'npm', args: ['a&b'], options });
});

describe('a program of Windows', { skip: !onWindows && '`npm run windows` runs it' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'windows-command-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const programs = join(folder, '100% & (ü)');
  mkdirSync(programs);
  const printer = join(folder, 'print.mjs');
  const result = join(folder, 'words.json');
  writeFileSync(
    printer,
    `import { writeFileSync } from 'node:fs';
writeFileSync(process.env.WORDS, JSON.stringify(process.argv.slice(2)));`,
  );
  // The second one stores the words in between, so cmd.exe reads them once more.
  const line = '"%NODE%" "%PRINTER%"';
  writeFileSync(join(programs, 'once.cmd'), `@echo off\r\n${line} %*\r\n`);
  writeFileSync(join(programs, 'twice.bat'), `@echo off\r\nset ALL=%*\r\nset X=1\r\n${line} %ALL%\r\n`);
  // Found only by a name with its type, as the file without one is for another shell.
  writeFileSync(join(programs, 'once'), '#!/bin/sh\n');
  process.env.PATH = `${programs};${process.env.PATH}`;
  const env = { ...process.env, NODE: process.execPath, PRINTER: printer, WORDS: result };

  function received(program: string, words: readonly string[], first: readonly string[] = []): unknown {
    const start = startOf(program, [...first, ...words]);
    assert.ok(start);
    rmSync(result, { force: true });
    spawnSync(start.file, start.args, { ...start.options, env, stdio: 'ignore' });
    return JSON.parse(readFileSync(result, 'utf8'));
  }

  const word = fc.string({
    unit: fc.constantFrom(
      ...'&|<>^%!"()\\ ;,=*?\'`@~[]{}:a1üé中😀',
      '%PATH%',
      '%PATH:a=b%',
      '&echo.>x',
      '\\"',
    ),
    maxLength: 12,
  });
  const words = fc.array(word, { minLength: 20, maxLength: 30 });
  const runs = { numRuns: 5, seed: 30 };

  for (const program of ['once', 'twice.bat'])
    test(`${program} receives each word unchanged`, () => {
      fc.assert(
        fc.property(words, (given) => assert.deepEqual(received(program, given), given)),
        runs,
      );
    });

  test('an executable receives each word unchanged', () => {
    fc.assert(
      fc.property(words, (given) => assert.deepEqual(received(process.execPath, given, [printer]), given)),
      runs,
    );
  });

  test('is not searched in the current folder', (t) => {
    const before = process.cwd();
    t.after(() => process.chdir(before));
    writeFileSync(join(folder, 'planted.cmd'), '@echo off\r\n');
    process.chdir(folder);
    assert.equal(startOf('planted', []), undefined);
    assert.ok(startOf('.\\planted', []));
  });

  test('is not a file that only another program can run', () => {
    writeFileSync(join(programs, 'script.js'), '');
    assert.equal(startOf('script.js', []), undefined);
    assert.equal(startOf('no-such-program', []), undefined);
  });
});
