import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { main } from '../../src/cli/testing/command.ts';
import type { StateFile } from '../../src/state-file.ts';
import { Navigator } from '../testing/navigate.ts';

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the real command to its end. */
function command(argv: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...argv], {
    env: { ...process.env, ...environment },
    timeout: 240_000,
    killSignal: 'SIGKILL',
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (part) => (out += part));
  child.stderr.on('data', (part) => (err += part));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

interface Running {
  child: ChildProcess;
  state: StateFile;
  /** Returns all of standard output so far. */
  out(): string;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

function start(argv: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [main, 'up', '--json', ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`up ended with ${code}`)));
    child.stdout.on('data', (part) => {
      out += part;
      if (!out.includes('\n')) return;
      child.removeAllListeners('exit');
      resolve({
        child,
        state: JSON.parse(out.split('\n')[0] ?? '') as StateFile,
        out: () => out,
        end: (signal) =>
          new Promise((ended) => {
            child.once('exit', (code) => ended(code));
            child.kill(signal);
          }),
      });
    });
  });
}

const ask = async (state: StateFile, method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${state.urls.console}/api/v1${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json().catch(() => ({}))) as Record<string, unknown> };
};

describe('the alongside process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-process-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('keeps confirmed data after it is killed, on the same addresses', async () => {
    const data = join(folder, 'killed');
    const first = await start(['--data', data, '--port-base', '0']);
    await ask(first.state, 'PUT', '/readers/0/card', { card: 'gp' });
    await ask(first.state, 'POST', '/agent/pin', { pin: '123456' });
    const browser = new Navigator();
    const { answer } = await browser.go(`${first.state.urls.sample}/sign-in/combined`);
    assert.equal(answer.status, 200);
    const made = await ask(first.state, 'POST', '/applications', {
      name: 'kept',
      profile: 'nhs',
      platform: { callbackUrls: ['https://app.example.test/callback'], products: [] },
    });
    assert.equal(made.status, 201);
    const events = (await ask(first.state, 'GET', '/events')).body.events as { seq: number }[];
    await first.end('SIGKILL');

    const second = await start(['--data', data, '--port-base', '0']);
    assert.equal((await ask(second.state, 'GET', `/applications/${made.body.id}`)).status, 200);
    const kept = (await ask(second.state, 'GET', '/events')).body.events as { seq: number }[];
    assert.deepEqual(
      kept.slice(0, events.length).map(({ seq }) => seq),
      events.map(({ seq }) => seq),
    );
    assert.equal(await second.end('SIGTERM'), 0);
  });

  test('ends everything that it started if the start fails', async () => {
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    const noFolder = join(folder, 'no-folder');
    writeFileSync(noFolder, '');
    const { code, err } = await command(['up', '--ephemeral', '--port-base', '0'], {
      TMPDIR: temporary,
      XDG_RUNTIME_DIR: noFolder,
    });
    assert.equal(code, 1, err);
    assert.match(err, /the local socket cannot be made/);
    assert.deepEqual(readdirSync(temporary), []);
  });

  test("prints exactly one line with --json; its owner's private state file is removed with the instance", async () => {
    const data = join(folder, 'state');
    const instance = await start(['--data', data, '--port-base', '0']);
    const file = join(data, 'state.json');
    assert.equal(readFileSync(join(data, '.gitignore'), 'utf8'), '*\n', 'git does not see the master key');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')).urls, instance.state.urls);
    const status = await command(['status', '--json', '--data', data]);
    assert.equal(status.code, 0, status.err);
    assert.equal(status.out.trim().split('\n').length, 1);
    assert.equal((JSON.parse(status.out) as { people: unknown[] }).people.length, 16);
    const variables = await command(['status', '--env'], { ALONGSIDE_STATE: file });
    assert.match(variables.out, /^DEMO_COMBINED_PLATFORM_CLIENT_SECRET=.+$/m);
    assert.equal(await instance.end('SIGINT'), 0);
    assert.equal(existsSync(file), false);
    assert.equal(instance.out().trim().split('\n').length, 1);
  });

  for (const [only, shown] of [
    ['cis2,authorisation', ['API platform', 'CIS2', 'Metrics']],
    ['console,cis', ['Console', 'CIS', 'Metrics']],
  ] as const)
    test(`shows exactly the services of --only ${only}`, async () => {
      const child = spawn(
        process.execPath,
        [main, 'up', '--ephemeral', '--port-base', '0', '--log-level', 'silent', '--only', only],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let out = '';
      for await (const part of child.stdout) {
        out += part;
        if (out.includes('Ctrl-C')) child.kill('SIGTERM');
      }
      const names = out.split('\n').flatMap((line) => /^ {2}(\S.*?) +http/.exec(line)?.[1] ?? []);
      assert.deepEqual(names, shown);
      assert.doesNotMatch(out, /First journey|personal-demographics/);
    });

  test('refuses a second instance on the same data, names the first and keeps its state file', async () => {
    const data = join(folder, 'twice');
    const first = await start(['--data', data, '--port-base', '0']);
    const file = join(data, 'state.json');
    const second = await command(['up', '--data', data, '--port-base', '0']);
    assert.equal(second.code, 1, second.out);
    assert.match(second.err, new RegExp(`runs here already: ${first.state.urls.console} .*--data`));
    assert.equal(second.err.trim().split('\n').length, 1, second.err);
    // A process without a console, such as one behind a load balancer, starts as well and keeps the file.
    const part = await start(['--data', data, '--port-base', '0', '--only', 'cis2']);
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).pid, first.child.pid);
    assert.equal(await part.end('SIGTERM'), 0);
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).pid, first.child.pid);
    // The state file of a killed instance blocks no other.
    await first.end('SIGKILL');
    const next = await start(['--data', data, '--port-base', '0']);
    assert.equal(await next.end('SIGTERM'), 0);
    assert.equal(existsSync(file), false);
  });

  for (const [host, warns] of [
    ['0.0.0.0', 'a warning'],
    ['127.0.0.1', 'no warning'],
  ] as const)
    test(`prints ${warns} at ${host}, and exits in order if it is stopped as soon as it is ready`, async () => {
      const ports = ['--port-base', '0', '--host', host];
      const child = spawn(process.execPath, [main, 'up', '--json', '--ephemeral', ...ports]);
      let err = '';
      child.stderr.on('data', (part) => (err += part));
      child.stdout.once('data', () => child.kill('SIGTERM'));
      const code = await new Promise((ended) => child.once('close', ended));
      const failed = err.split('\n').filter((line) => /"level":(40|50|60)/.test(line));
      assert.deepEqual([code, failed], [0, []], err);
      const warning = /^WARNING: --host 0\.0\.0\.0 serves .* beyond this machine/;
      assert.equal(warning.test(err), warns === 'a warning', err);
    });

  test('reports a port in use in one sentence, and leaves no temporary folder', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const temporary = mkdtempSync(join(folder, 'temporary-'));
    const ended = await command(['up', '--ephemeral', '--port-base', String(port), '--only', 'console'], {
      TMPDIR: temporary,
    });
    taken.close();
    assert.deepEqual(readdirSync(temporary), []);
    assert.equal(ended.code, 1);
    assert.equal(ended.err.trim().split('\n').length, 1);
    assert.match(ended.err, new RegExp(`Port ${port} is in use`));
  });

  for (const [what, argv, code, sentence] of [
    ['an unknown flag', ['up', '--port-bas', '1'], 2, /--port-bas.*Did you mean --port-base/],
    ['a wrong value', ['up', '--port-base', 'many'], 2, /--port-base: must be a port number/],
    ['an unknown service', ['up', '--only', 'pds'], 2, /knows no service "pds"/],
    ['an unknown command', ['frobnicate'], 2, /no command "frobnicate"/],
    [
      'a data folder that cannot be written',
      ['up', '--data', '/dev/null/x'],
      1,
      /data folder .* cannot be written/,
    ],
    [
      'a state file that cannot be written',
      ['up', '--ephemeral', '--port-base', '0', '--state', '/dev/null/x'],
      1,
      /state file .* cannot be written/,
    ],
    [
      'a folder in place of the state file',
      ['up', '--ephemeral', '--port-base', '0', '--state', tmpdir()],
      1,
      /state file .* cannot be written: it is a folder\. Choose another with --state\.$/m,
    ],
    [
      'a database that does not answer',
      ['up', '--ephemeral', '--database', 'postgres://nobody@127.0.0.1:9/x'],
      1,
      /PostgreSQL .* cannot be used/,
    ],
    ['nobody there', ['status', '--port-base', '9'], 1, /No running instance responds/],
  ] as const) {
    test(`reports ${what} in one sentence with exit code ${code}`, async () => {
      const ended = await command(argv);
      assert.equal(ended.code, code, ended.err);
      assert.match(ended.err, sentence);
      assert.equal(ended.err.trim().split('\n').length, 1, ended.err);
      assert.equal(ended.out, '');
    });
  }
});
