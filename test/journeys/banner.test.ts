import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { main } from '../../src/cli/testing/command.ts';
import { bannerOf, typedCommands } from '../testing/banner.ts';

const run = promisify(execFile);
const clone = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'banner-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The environment of a user's terminal. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(ALONGSIDE_|npm_|INIT_CWD|NODE_TEST)/.test(name)),
);

/** Starts a program in a new terminal. */
const inTerminal = (program: string, args: readonly string[]) =>
  spawn(program, args, { cwd: clone, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });

/** Sends a signal to all processes of a terminal, as Ctrl-C does. */
function press({ pid = 0 }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

/** Presses Ctrl-C; resolves with the exit code, or the signal with which npm ends after its script has ended. */
async function stop(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  const ended = once(child, 'exit');
  press(child, 'SIGINT');
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  return code ?? signal;
}

describe('the banner of alongside up', () => {
  test('prints commands that work as they are typed, for several instances at once', async (t) => {
    const ways = [
      ['npm', 'start', '--', '--port-base', '0', '--data', join(folder, 'Päonien und Rosen')],
      [process.execPath, join(clone, 'scripts/alongside.mjs'), 'up', '--port-base', '0', '--ephemeral'],
    ];
    const running = ways.map(([program = '', ...args]) => inTerminal(program, args));
    t.after(() => running.map((child) => press(child, 'SIGKILL')));
    const banners = await Promise.all(running.map(bannerOf));
    const commands = banners.map(typedCommands);
    assert.match(commands[0]?.[0] ?? '', /^npx alongside card insert gp --state '.*Päonien und Rosen.*'$/);
    assert.match(commands[1]?.[0] ?? '', /^node (?:\S+|'[^']+') card insert gp --state (?:\S+|'[^']+')$/);
    for (const [n, typed] of commands.entries()) {
      const [stopping, ...others] = typed.toReversed();
      assert.match(stopping ?? '', / stop --state /);
      assert.equal(others.length, 3);
      const results: string[] = [];
      for (const line of others.reverse()) {
        // As Node of the test where the system's is older: the launcher then starts a second process.
        const shell = await run('sh', ['-c', line], { cwd: clone, env });
        results.push(shell.stdout);
        assert.equal(shell.stderr, '', line);
      }
      assert.match(results[0] ?? '', /^The card of .* is in the reader\.\n$/);
      assert.match(results[1] ?? '', /^Signed in\.\n/);
      const sample = /then open (\S+)/.exec(banners[n] ?? '')?.[1] ?? assert.fail();
      assert.ok(results[2]?.includes(sample), 'status is that of this instance');
    }
    assert.deepEqual(await Promise.all(running.map(stop)), ['SIGINT', 0]);
  });

  test('is exactly one line with npm start -- --json', async (t) => {
    const args = ['start', '--', '--json', '--ephemeral', '--port-base', '0', '--only', 'console'];
    const child = inTerminal('npm', args);
    t.after(() => press(child, 'SIGKILL'));
    let out = '';
    child.stdout.on('data', (part) => (out += part));
    await once(child.stdout, 'data');
    assert.equal(await stop(child), 'SIGINT');
    assert.equal(out.split('\n').length, 2, out);
    assert.equal((JSON.parse(out) as { ready: boolean }).ready, true);
  });

  test('is an error of one line with npm start -- --json that fails', async () => {
    const failure = await run('npm', ['start', '--', '--json', '--port-base', 'x'], { cwd: clone, env }).then(
      () => assert.fail('it starts'),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    assert.deepEqual([failure.code, failure.stderr], [2, '']);
    assert.equal((JSON.parse(failure.stdout) as { error: { code: string } }).error.code, 'usage');
    assert.equal(failure.stdout.split('\n').length, 2);
  });

  test('is replaced by one sentence and exit code 130 after an early Ctrl-C', async (t) => {
    const data = join(folder, 'stopped');
    const child = inTerminal(process.execPath, [main, 'up', '--port-base', '0', '--data', data]);
    t.after(() => press(child, 'SIGKILL'));
    let out = '';
    let err = '';
    child.stdout.on('data', (part) => (out += part));
    child.stderr.on('data', (part) => (err += part));
    // A start begins with the folder, long before it is ready.
    while (!existsSync(data)) await new Promise((resolve) => setTimeout(resolve, 5));
    const closed = once(child, 'close');
    press(child, 'SIGINT');
    const [code] = (await closed) as [number | null];
    assert.deepEqual([code, out, err], [130, '', 'Stopped.\n']);
  });
});
