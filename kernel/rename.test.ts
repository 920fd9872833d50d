import assert from 'node:assert/strict';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { onWindows } from '../test/testing/platform.ts';
import { renameSafely, renameSafelySync } from './rename.ts';

const folder = mkdtempSync(join(tmpdir(), 'rename-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const target = join(folder, 'target');
const draft = join(folder, 'draft');

for (const [name, rename] of [
  ['renameSafely', renameSafely],
  ['renameSafelySync', renameSafelySync],
] as const) {
  test(`${name} replaces an existing file`, async () => {
    writeFileSync(target, 'old');
    writeFileSync(draft, 'new');
    await rename(draft, target);
    assert.equal(readFileSync(target, 'utf8'), 'new');
  });

  test(`${name} reports a missing file at once`, async () => {
    const began = performance.now();
    await assert.rejects(async () => rename(join(folder, 'none'), target), { code: 'ENOENT' });
    assert.ok(performance.now() - began < 1_000);
  });
}

describe('a file that another program reads', {
  skip: !onWindows && '`npm run windows` runs it',
}, () => {
  /** Opens a file as libuv does with UV_FS_O_EXLOCK: shared with no one. */
  const exclusively = constants.O_RDWR | 0x10000000;
  const held = () => {
    writeFileSync(target, 'old');
    writeFileSync(draft, 'new');
    return openSync(target, exclusively);
  };

  test('is replaced when it is closed', async () => {
    const file = held();
    const renamed = renameSafely(draft, target);
    await setTimeout(300);
    closeSync(file);
    await renamed;
    assert.equal(readFileSync(target, 'utf8'), 'new');
  });

  test('is replaced when it is closed, without a promise', async () => {
    const reader = new Worker(
      `const fs = require('node:fs');
const { parentPort, workerData: [file, flags] } = require('node:worker_threads');
const opened = fs.openSync(file, flags);
parentPort.postMessage('open');
setTimeout(() => fs.closeSync(opened), 300);`,
      { eval: true, workerData: [target, exclusively] },
    );
    writeFileSync(draft, 'new');
    await new Promise((resolve) => reader.once('message', resolve));
    renameSafelySync(draft, target);
    assert.equal(readFileSync(target, 'utf8'), 'new');
  });

  test('is not replaced if it stays open', async () => {
    const file = held();
    await assert.rejects(renameSafely(draft, target), /EPERM|EACCES|EBUSY/);
    closeSync(file);
    assert.equal(readFileSync(target, 'utf8'), 'old');
  });
});
