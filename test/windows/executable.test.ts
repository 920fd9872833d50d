import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { firstJourney } from '../delivery/packages/testing/first-journey.ts';

const run = promisify(execFile);
const { ALONGSIDE_PACKED: built } = process.env;

test('the executable for Windows runs the first journey in a folder with a blank and an umlaut', {
  skip: built === undefined && 'run it with npm run windows',
}, async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'my proj ü-'));
  t.after(() => rm(cwd, { recursive: true, force: true, maxRetries: 20 }));
  const file = (await readdir(built ?? '')).find((name) => name.endsWith('-win-x64.exe'));
  const program = join(cwd, 'alongside.exe');
  await copyFile(join(built ?? '', file ?? assert.fail()), program);
  // Nothing else is on the search path.
  const env = { ...process.env, PATH: '', Path: undefined };
  await firstJourney({
    program: [program],
    cwd,
    env,
    flags: ['--ephemeral'],
    command: async (...words) => (await run(program, words, { cwd, env })).stdout,
  });
  assert.deepEqual(await readdir(cwd), ['alongside.exe']);
});
