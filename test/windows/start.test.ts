import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { firstJourney } from '../delivery/packages/testing/first-journey.ts';
import { clone } from '../delivery/packages/testing/project.ts';
import { onWindows } from '../testing/platform.ts';

const run = promisify(execFile);

test('npm start of a clone runs the first journey on Windows', {
  skip: !onWindows && 'run it with npm run windows',
}, async () => {
  const npm = join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js');
  const command = join(clone, 'scripts/alongside.mjs');
  await firstJourney({
    program: [process.execPath, npm],
    cwd: clone,
    up: ['start', '--'],
    flags: ['--ephemeral'],
    command: async (...words) => (await run(process.execPath, [command, ...words])).stdout,
  });
});
