import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readyState } from '../../test/delivery/packages/testing/first-journey.ts';
import { claimStateFile } from '../state-file.ts';
import { askToStop, isAskedToStop, withdrawStop } from './stop-request.ts';
import { invoke, invokeJson } from './testing/command.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const asRoot = process.getuid?.() !== 0 && 'only root can give a file to another user';
const folder = mkdtempSync(join(tmpdir(), 'alongside-stop-'));
after(() => rmSync(folder, { recursive: true }));

/** Writes the state file of a process that does not follow requests. */
function stateOf(name: string, pid: number, portBase = 1): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    JSON.stringify({ pid, stateFile: file, portBase, urls: { console: 'http://localhost:1' } }),
  );
  return file;
}

describe('alongside stop', () => {
  test('stops an instance in order, and waits for its end', async () => {
    const flags = ['--json', '--ephemeral', '--port-base', '0', '--log-level', 'error'];
    const child: ChildProcess = spawn(process.execPath, [main, 'up', ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    try {
      const { pid, stateFile } = await readyState(child);
      assert.deepEqual(await invokeJson(['stop', '--state', stateFile]), { stopped: true, pid });
      assert.deepEqual(await ended, [0, null]);
      assert.deepEqual([existsSync(stateFile), existsSync(`${stateFile}.stop`)], [false, false]);
      assert.deepEqual((await invoke(['stop', '--state', stateFile])).lines, [
        `No instance runs with the state file ${stateFile}.`,
      ]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('says that nothing runs where the process of the state file has ended', async () => {
    const child = spawn(process.execPath, ['--eval', '']);
    await once(child, 'exit');
    const file = stateOf('ended.json', child.pid ?? 0);
    assert.deepEqual(await invokeJson(['stop', '--state', file]), { stopped: false });
    assert.equal(existsSync(`${file}.stop`), false);
  });

  test('takes no port, which names no state file', async () => {
    await assert.rejects(invoke(['stop', '--port-base', '8400']), /--data DIR or --state FILE/);
  });

  test('fails after its time limit, and takes the request back', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const file = stateOf('busy.json', process.pid, (server.address() as AddressInfo).port);
    await assert.rejects(
      invoke(['stop', '--state', file, '--timeout', '1']),
      /has not ended in 1 s\. Its log may name the reason\.$/,
    );
    server.close();
    assert.equal(existsSync(`${file}.stop`), false);
    await assert.rejects(invoke(['stop', '--state', file, '--timeout', 'soon']), /number of seconds/);
  });

  test('says that the process may be another program where nothing answers', async () => {
    const file = stateOf('reused.json', process.pid);
    await assert.rejects(
      invoke(['stop', '--state', file, '--timeout', '1']),
      /Nothing answers at its port 1: it is still ending, or the process is another program by now/,
    );
  });

  test('refuses the instance of another user', { skip: asRoot }, async () => {
    const file = stateOf('foreign.json', process.pid);
    chownSync(file, 65_534, 65_534);
    await assert.rejects(invoke(['stop', '--state', file]), /belongs to another user \(65534\)/);
    assert.equal(existsSync(`${file}.stop`), false);
  });
});

describe('a request to stop', () => {
  const state = { stateFile: join(folder, 'own.json'), pid: 4_242 };
  const request = `${state.stateFile}.stop`;

  test('counts once', () => {
    assert.equal(isAskedToStop(state), false);
    askToStop(state);
    assert.deepEqual([isAskedToStop(state), isAskedToStop(state)], [true, false]);
  });

  test('does not count for another process, such as a later one with the same state file', () => {
    askToStop(state);
    assert.equal(isAskedToStop({ ...state, pid: 4_243 }), false);
    withdrawStop(state.stateFile);
  });

  test('does not outlive its instance, because the next one may have the same process id', async () => {
    askToStop(state);
    assert.equal(await claimStateFile(state.stateFile, true), true);
    assert.equal(isAskedToStop(state), false);
  });

  test('is not written over a folder, which stops no start either', async () => {
    mkdirSync(request);
    assert.throws(
      () => askToStop(state),
      /own\.json\.stop cannot be written: .*, or stop process 4242 by a signal/,
    );
    assert.equal(isAskedToStop(state), false);
    assert.equal(await claimStateFile(state.stateFile, true), true);
    rmSync(request, { recursive: true });
  });

  test('does not count as a link, or from another user', { skip: asRoot }, () => {
    const other = join(folder, 'elsewhere');
    writeFileSync(other, `${state.pid}\n`);
    symlinkSync(other, request);
    assert.equal(isAskedToStop(state), false);
    rmSync(request);
    writeFileSync(request, `${state.pid}\n`);
    chownSync(request, 65_534, 65_534);
    assert.equal(isAskedToStop(state), false);
    rmSync(request);
  });
});
