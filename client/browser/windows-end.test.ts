import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, describe, test } from 'node:test';

// Neither Wine nor Debian has a Chromium of Windows. So a program stands in for the browser and another for taskkill, which takes its
// time, as it does under load; the process believes that it is on Windows.

const folder = mkdtempSync(join(tmpdir(), 'windows-end-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const program = (name: string, source: string): string => {
  const file = join(folder, name);
  writeFileSync(`${file}.cjs`, source);
  // The kernel reads no path with a blank after #!.
  writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "$0.cjs" "$@"\n`, { mode: 0o755 });
  return file;
};

/** Keeps writing to its profile until it is killed. */
const browser = program(
  'browser',
  `const { mkdirSync, writeFileSync } = require('node:fs');
const profile = process.argv.find((word) => word.startsWith('--user-data-dir=')).slice(16);
setInterval(() => { try { mkdirSync(profile, { recursive: true }); writeFileSync(profile + '/lock', ''); } catch {} }, 1);
require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(process.pid));`,
);
program(
  'taskkill',
  `const { writeFileSync } = require('node:fs');
setTimeout(() => {
  writeFileSync(${JSON.stringify(join(folder, 'words'))}, JSON.stringify(process.argv.slice(2)));
  process.kill(Number(process.argv[3]), 'SIGKILL');
}, 400);`,
);

const isRunning = (pid: number): boolean => {
  try {
    // A process that has ended and that no one has waited for yet is a zombie.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a separate browser on Windows', { skip: process.platform !== 'linux' && 'needs /proc' }, () => {
  for (const [name, end] of [
    ['when the process exits', 'process.exit(3)'],
    ['when it is closed', 'await opened.close(); process.exitCode = 3'],
  ])
    test(`ends with its children and its profile before the process does, and leaves the exit code: ${name}`, () => {
      const profiles = join(folder, 'profiles');
      mkdirSync(profiles, { recursive: true });
      const source = `
Object.defineProperty(process, 'platform', { value: 'win32' });
const { existsSync } = await import('node:fs');
const { separateBrowser } = await import(${JSON.stringify(import.meta.url.replace('windows-end.test.', 'chromium.'))});
const settings = { executable: ${JSON.stringify(browser)}, profileFolder: ${JSON.stringify(profiles)} };
const opened = await separateBrowser(settings).open('http://127.0.0.1:9/');
opened.closed.catch(() => {});
while (!existsSync(${JSON.stringify(join(folder, 'pid'))})) await new Promise((resolve) => setTimeout(resolve, 10));
${end};`;
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
        encoding: 'utf8',
        env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
      });
      assert.deepEqual([status, stderr], [3, '']);
      const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
      rmSync(join(folder, 'pid'));
      assert.ok(existsSync(join(folder, 'words')), 'the process did not wait for taskkill');
      assert.deepEqual(JSON.parse(readFileSync(join(folder, 'words'), 'utf8')), [
        '/pid',
        String(pid),
        '/T',
        '/F',
      ]);
      rmSync(join(folder, 'words'));
      assert.equal(isRunning(pid), false);
      assert.deepEqual(readdirSync(profiles), []);
    });
});
