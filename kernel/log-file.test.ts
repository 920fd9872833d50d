import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { LogFile, type LogFileOptions } from './log-file.ts';
import { OperatorError } from './operator.ts';

const root = mkdtempSync(join(tmpdir(), 'log-file-'));
after(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
const forever = { largest: 1_000, oldest: 86_400_000, kept: 9 };

/** Opens a log file in a folder of its own. Returns it with its folder and its reports. */
function open(options: Partial<LogFileOptions> = {}) {
  count += 1;
  const folder = join(root, String(count));
  mkdirSync(folder);
  const reports: string[] = [];
  const path = join(folder, 'alongside.log');
  const file = new LogFile({ ...forever, path, ...options }, 1_000_000, (text) => void reports.push(text));
  const texts = () =>
    readdirSync(folder)
      .sort()
      .map((name) => readFileSync(join(folder, name), 'utf8'));
  return { file, folder, path, reports, texts };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

describe('LogFile', () => {
  test('begins a new file once it is large, and loses no line', async () => {
    const { file, folder, texts } = open({ largest: 10 });
    for (const line of ['one\n', 'two two two\n', 'three\n']) {
      file.write(line);
      await until(() => texts().join('').includes(line));
    }
    assert.deepEqual(texts(), ['three\n', 'one\ntwo two two\n']);
    assert.match(readdirSync(folder)[1] ?? '', /^alongside\.log\.\d{8}T\d{9}Z$/);
  });

  test('begins a new file once it is old, and keeps as many earlier ones as it may', async () => {
    const { file, texts } = open({ oldest: 0, kept: 2 });
    for (const line of ['1\n', '2\n', '3\n', '4\n', '5\n']) {
      // The time in a name has milliseconds.
      const began = Date.now();
      await until(() => Date.now() > began);
      file.write(line);
      await until(() => texts().join('').includes(line));
    }
    assert.deepEqual(texts(), ['5\n', '3\n', '4\n']);
  });

  test('continues the file of an earlier process, with its size', async () => {
    const { file, path, texts } = open({ largest: 10 });
    file.write('a line of an earlier process\n');
    await until(() => texts().join('').length > 10);
    const next = new LogFile({ ...forever, path, largest: 10 }, 1_000_000, () => undefined);
    next.write('next\n');
    await until(() => texts().length === 2 && texts().join('').includes('next'));
    assert.deepEqual(texts(), ['next\n', 'a line of an earlier process\n']);
  });

  test('is readable by its owner only', { skip: process.platform === 'win32' }, () => {
    const { path } = open();
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test('reports a file that cannot be opened in one sentence', () =>
    assert.throws(() => open({ path: join(root, 'missing', 'a.log') }), OperatorError));

  test('reports a full disk once, and fails no caller', { skip: !existsSync('/dev/full') }, async () => {
    const { file, reports } = open({ path: '/dev/full', largest: 10 });
    for (let n = 0; n < 100; n++) {
      file.write('a line that finds no room\n');
      await new Promise(setImmediate);
    }
    file.flushSync();
    await until(() => reports.length > 0);
    assert.equal(reports.length, 1);
    assert.match(reports[0] ?? '', /^The log file \/dev\/full cannot be written: ENOSPC/);
  });
});
