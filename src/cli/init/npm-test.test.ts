import assert from 'node:assert/strict';
import { type ChildProcess, execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { main } from '../testing/command.ts';

const root = mkdtempSync(join(tmpdir(), 'npm-test-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** Writes a project whose script `test` runs this program. */
function project(name: string, program: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'check.cjs'), program);
  writeFileSync(join(folder, 'package.json'), '{"scripts": {"test": "node check.cjs"}}');
  return folder;
}

interface Ended {
  code: number;
  out: string;
  err: string;
}

function init(cwd: string, flags: readonly string[] = []): { child: ChildProcess; ended: Promise<Ended> } {
  let child: ChildProcess | undefined;
  const ended = new Promise<Ended>((resolve) => {
    const words = [main, 'init', '--ci', 'none', ...flags];
    child = execFile(process.execPath, words, { cwd }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
  return { child: child as ChildProcess, ended };
}

const isNew = (folder: string) => existsSync(join(folder, '.env.example'));
const untouched = (folder: string, ...more: string[]) => {
  assert.deepEqual(readdirSync(folder).sort(), ['check.cjs', 'package.json', ...more].sort());
  assert.equal(readFileSync(join(folder, 'package.json'), 'utf8'), '{"scripts": {"test": "node check.cjs"}}');
};

/** Whether the process of `waiting` still accepts connections. */
const isAlive = (folder: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(join(folder, 'alive'), () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

/** Resolves when the file exists. */
const appeared = (folder: string, name: string): Promise<void> =>
  new Promise((resolve) => {
    const watcher = watch(folder, () => {
      if (!existsSync(join(folder, name))) return;
      watcher.close();
      resolve();
    });
    if (existsSync(join(folder, name))) watcher.emit('change');
  });

const failing =
  "if (require('node:fs').existsSync('.env.example')) { console.log('a file too many'); process.exit(1); }";
/** Starts a process that listens and does not end. */
const waiting = `require('node:child_process').spawn(process.execPath, ['-e', "require('node:net').createServer().listen('alive')"]);`;

describe('the tests of a project, around alongside init', () => {
  test('pass before and after, which init reports', async () => {
    const folder = project('green', "require('node:fs').appendFileSync('runs', 'x')");
    const { code, err } = await init(folder).ended;
    assert.equal(code, 0, err);
    assert.match(err, /^"npm test" passes, as before init\.$/m);
    assert.equal(readFileSync(join(folder, 'runs'), 'utf8'), 'xx');
    const again = await init(folder).ended;
    assert.equal(again.code, 0);
    assert.equal(readFileSync(join(folder, 'runs'), 'utf8'), 'xx', 'nothing changes, so nothing is tested');
  });

  test('that fail with the new files have the project restored, with their last lines', async () => {
    const folder = project('red', failing);
    const { code, out, err } = await init(folder).ended;
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^a file too many\n"npm test" passed before init and fails with the new files/m);
    untouched(folder);
  });

  test('are not run by --no-npm-test and --dry-run', async () => {
    const folder = project('unrun', failing);
    assert.equal((await init(folder, ['--dry-run']).ended).code, 0);
    untouched(folder);
    assert.equal((await init(folder, ['--no-npm-test']).ended).code, 0);
    assert.ok(isNew(folder));
  });

  test('that failed before are reported, and prove nothing', async () => {
    const folder = project('broken', 'process.exit(3)');
    const { code, out } = await init(folder, ['--json']).ended;
    assert.equal(code, 0);
    const { npmTest } = JSON.parse(out);
    assert.deepEqual([npmTest.before, npmTest.after], ['failed', 'not run']);
    assert.match(npmTest.about, /failed before init wrote a file/);
    assert.ok(isNew(folder));
  });

  test('that do not end are ended with what they started', {
    skip: process.platform === 'win32',
  }, async () => {
    const folder = project('late', waiting);
    const { code, err } = await init(folder, ['--npm-test-limit', '8']).ended;
    assert.equal(code, 0);
    assert.match(err, /"npm test" did not end within 8 s, .* --npm-test-limit allows more\./);
    assert.ok(existsSync(join(folder, 'alive')), 'it was started');
    assert.equal(await isAlive(folder), false);
  });

  test('that Ctrl-C stops have the project restored', { skip: process.platform === 'win32' }, async () => {
    const folder = project('stopped', `if (require('node:fs').existsSync('.env.example')) {\n${waiting}\n}`);
    const { child, ended } = init(folder);
    await appeared(folder, 'alive');
    child.kill('SIGINT');
    assert.equal((await ended).code, 130);
    untouched(folder, 'alive');
    assert.ok(existsSync(join(folder, 'alive')), 'it was started');
    assert.equal(await isAlive(folder), false);
  });

  test('have a limit in seconds', async () => {
    const folder = project('limit', '');
    for (const value of ['0', '1e3', '99999', 'x']) {
      const { code, err } = await init(folder, ['--npm-test-limit', value]).ended;
      assert.equal(code, 2);
      assert.match(err, /--npm-test-limit must be a number of seconds from 1 to 86400, not /);
    }
    untouched(folder);
  });
});
