import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/testing/free-port.ts';
import { localSocket, onWindows } from '../test/testing/platform.ts';
import { runCli } from './cli.ts';
import { testDesk } from './testing/desk.ts';

const main = fileURLToPath(new URL('./bin.mjs', import.meta.url));
const start = (...argv: string[]): ChildProcess =>
  spawn(process.execPath, [main, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });

async function ended(child: ChildProcess): Promise<{ code: number | null; err: string }> {
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, err };
}

test('a standalone agent responds to the command line, explains its refusals and stops on request', async (t) => {
  const { cis, cis2, folder } = await testDesk(t);
  const socket = localSocket(folder, 'alone', 'a.sock');
  const port = await freePort();
  const child = start(
    '--cis',
    cis.origin,
    '--cis2-issuer',
    cis2.issuer,
    '--agent-port',
    String(port),
    '--agent-data',
    `${folder}/alone-data`,
    '--agent-socket',
    socket,
    '--log-level',
    'silent',
  );
  const end = ended(child);
  t.after(() => child.kill('SIGKILL'));
  const said = { out: '' };
  const output = {
    out: (text: string) => void (said.out += text),
    err: () => undefined,
    askSecret: async () => '',
  };
  while ((await runCli(['status', '--json', '--socket', socket], output)) !== 0)
    assert.equal(child.exitCode, null, 'it ended early');
  assert.equal((JSON.parse(said.out) as { state: string }).state, 'noCard');
  const refused = await fetch(`http://127.0.0.1:${port}/nowhere`, { headers: { 'x-request-id': 'r-1' } });
  for (const id of [refused.headers.get('x-message-id'), 'r-1']) {
    said.out = '';
    assert.equal(await runCli(['explain', JSON.stringify({ id }), '--socket', socket], output), 0);
    const { status, path, at } = JSON.parse(said.out) as Record<string, unknown>;
    assert.deepEqual({ status, path }, { status: refused.status, path: '/nowhere' });
    assert.match(String(at), /^20/);
  }
  assert.equal(await runCli(['explain', '{"id": "r-2"}', '--socket', socket], output), 1);
  while (cis.presences.length < 2) await new Promise((resolve) => setImmediate(resolve));
  child.kill('SIGTERM');
  // Windows has no signals: the agent is ended.
  assert.equal((await end).code, onWindows ? null : 0);
});

test('a wrong or missing setting causes one sentence and exit code 2', async () => {
  const wrong = await ended(start('--cis', 'nonsense', '--cis2-issuer', 'http://127.0.0.1:1/realm'));
  assert.deepEqual(wrong, { code: 2, err: '--cis: must be an http or https address.\n' });
  const unknown = await ended(start('--sis', 'http://127.0.0.1:1'));
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /There is no option --sis/);
  const missing = await ended(start());
  assert.equal(missing.code, 2);
  assert.match(missing.err, /cis: is needed/);
});

test('a second agent on the same socket reports this and exits', { timeout: 30_000 }, async (t) => {
  const { cis, cis2, folder, socketPath } = await testDesk(t);
  const child = start(
    '--cis',
    cis.origin,
    '--cis2-issuer',
    cis2.issuer,
    '--agent-port',
    String(await freePort()),
    '--agent-data',
    `${folder}/second`,
    '--agent-socket',
    socketPath,
    '--log-level',
    'silent',
  );
  t.after(() => child.kill('SIGKILL'));
  const second = await ended(child);
  assert.equal(second.code, 1);
  assert.match(second.err, /Another Identity Agent already listens/);
});
