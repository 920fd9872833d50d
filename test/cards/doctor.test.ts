import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PivClient } from '../../identity-agent/card/piv-client.ts';
import type { Reader } from '../../identity-agent/card/transport.ts';
import { runCli } from '../../identity-agent/cli.ts';
import type { Report } from '../../identity-agent/doctor/report.ts';
import { testDesk } from '../../identity-agent/testing/desk.ts';
import { freePort } from '../testing/free-port.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { namespaces } from './testing/programs.ts';

// Runs `identity-agent doctor` with each of the ten problems, and checks its text, JSON and exit code.

interface DoctorOutput {
  code: number;
  words: string;
  report: Report;
}

async function doctor(socket: string): Promise<DoctorOutput> {
  const said = async (...flags: string[]) => {
    let out = '';
    const terminal = {
      out: (text: string) => void (out += text),
      err: () => undefined,
      askSecret: async () => '',
    };
    const code = await runCli(['doctor', ...flags, '--socket', socket], terminal);
    return { code, out };
  };
  const [inWords, inJson] = [await said(), await said('--json')];
  assert.equal(inWords.code, inJson.code);
  return { code: inJson.code, words: inWords.out, report: JSON.parse(inJson.out) as Report };
}

/** Checks that only this problem is reported, in each output. */
function names({ code, words, report }: DoctorOutput, cause: string, sentence: RegExp): void {
  const wrong = report.checks.filter(({ outcome }) => outcome === 'wrong');
  assert.deepEqual([...new Set(wrong.map(({ name }) => name))], [cause], words);
  assert.match(wrong[0]?.detail ?? '', sentence);
  assert.ok(wrong[0]?.fix, 'it says how to fix it');
  assert.equal(report.ok, false);
  assert.equal(code, 1);
  const [, inWords] = new RegExp(`^WRONG  ${cause}: (.*)$`, 'm').exec(words) ?? [];
  assert.match(inWords ?? words, sentence);
}

describe('identity-agent doctor with the whole product', () => {
  let instance: TestInstance;
  let socket: string;
  before(async () => {
    instance = await startInstance({ agentRequireRole: true });
    socket = String(instance.state.agentSocket);
  });
  after(() => instance?.stop());
  const tryPin = async (card: string) => {
    await instance.api('PUT', '/readers/0/card', { card });
    await instance.call('POST', '/agent/pin', { pin: '123456' });
    return doctor(socket);
  };

  test('finds no problem and exits with 0', async () => {
    const { code, words, report } = await tryPin('gp');
    assert.deepEqual([code, report.ok], [0, true], words);
  });

  test('reports an invalid certificate', async () => {
    names(await tryPin('expired'), 'certificate', /has expired/);
    names(await tryPin('revoked'), 'certificate', /has been revoked/);
    names(await tryPin('foreign'), 'certificate', /./);
  });

  test('reports a blocked PIN', async () => {
    names(await tryPin('locked'), 'pin', /^The PIN of the card is blocked\.$/);
  });

  test('reports a missing role and a refused user, each with its own remedy', async () => {
    const none = await tryPin('starter');
    names(none, 'role', /^You have no role/);
    assert.match(none.words, /-> The Registration Authority assigns the person to a position\./);
    await instance.api('PATCH', '/people/nurse', { disabled: true });
    const disabled = await tryPin('nurse');
    names(disabled, 'role', /^This account is disabled/);
    assert.match(disabled.words, /-> The Registration Authority enables the account again\./);
  });
});

describe('identity-agent doctor without servers', () => {
  test('reports that the service is not running', async (t) => {
    const { socketPath, service } = await testDesk(t);
    await service.stop();
    const said = await doctor(socketPath);
    const wrong = said.report.checks.filter(({ name, outcome }) => name === 'service' && outcome === 'wrong');
    assert.match(
      wrong[0]?.detail ?? '',
      /^The agent does not run for this user: No Identity Agent answers at/,
    );
    assert.match(said.words, /-> Start it: systemctl --user start identity-agent/);
    assert.equal(said.code, 1);
  });

  test("reports a missing module of the card's maker", async (t) => {
    const cards = { pkcs11Module: '/nowhere/maker.so' };
    const desk = await testDesk(t, { transport: 'pkcs11', cards, development: false });
    names(await doctor(desk.socketPath), 'reader', /\S/);
  });

  test('reports a card without a PIV application', async (t) => {
    const desk = await testDesk(t);
    // ISO 7816-4: "file or application not found", for every command.
    const transport = { transmit: async () => Uint8Array.of(0x6a, 0x82) };
    const inserted = { open: () => new PivClient(transport) };
    const reader: Reader = {
      name: 'a reader with a bank card',
      card: () => inserted,
      onChange: () => () => undefined,
      close: async () => undefined,
    };
    desk.agent.attach(reader, () => undefined);
    await desk.agent.settled();
    names(await doctor(desk.socketPath), 'card-type', /^The card in the reader is no PIV card\.$/);
  });

  test('reports a clock that differs from CIS', async (t) => {
    const server = createHttpServer((_request, response) => {
      // The doctor compares with the real time, so this differs from the real clock.
      response.setHeader(
        'date',
        new Date(performance.timeOrigin + performance.now() - 3_600_000).toUTCString(),
      );
      response.end('{"status":"ok"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => void server.close());
    const cisUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const desk = await testDesk(t, { cisUrl });
    names(
      await doctor(desk.socketPath),
      'clock',
      /^The clock of CIS is 3[56]\d\d s behind this machine's\.$/,
    );
  });

  test('reports an unreachable CIS', async (t) => {
    const desk = await testDesk(t);
    await desk.cis.close();
    names(await doctor(desk.socketPath), 'cis', /^No answer from CIS: .*ECONNREFUSED/);
  });
});

/** Runs the agent's program as on a workstation, with its own environment. */
function asProcess(
  env: Record<string, string>,
  [program = '', ...words]: readonly string[],
): Promise<{ code: number; out: string }> {
  return new Promise((resolve) =>
    execFile(program, words, { env: { ...process.env, ...env } }, (error, stdout) =>
      resolve({ code: error ? Number(error.code) : 0, out: stdout }),
    ),
  );
}
const agentProgram = [
  process.execPath,
  fileURLToPath(new URL('../../identity-agent/bin.mjs', import.meta.url)),
] as const;

describe('identity-agent doctor in a separate process', () => {
  test('reports a port in use', async (t) => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    t.after(() => void squatter.close());
    const port = (squatter.address() as AddressInfo).port;
    const { cis, cis2, folder } = await testDesk(t);
    const env = {
      ALONGSIDE_AGENT_PORT: String(port),
      ALONGSIDE_AGENT_DATA: join(folder, 'other'),
      ALONGSIDE_CIS: cis.origin,
      ALONGSIDE_CIS2_ISSUER: cis2.issuer,
      ALONGSIDE_AGENT_SOCKET: join(folder, 'other', 'a.sock'),
    };
    const started = await asProcess(env, [...agentProgram, 'run']);
    assert.equal(started.code, 1, 'the agent does not start');
    const { code, out } = await asProcess(env, [...agentProgram, 'doctor', '--json']);
    const { checks } = JSON.parse(out) as Report;
    const found = checks.find(({ name }) => name === 'port');
    assert.equal(found?.outcome, 'wrong');
    assert.match(found?.detail ?? '', new RegExp(`^Port ${port} is used by .*process ${process.pid}`));
    assert.equal(code, 1);
  });

  const own = namespaces();
  const skip = own ? false : 'it needs namespaces of its own: run it as root';
  test('reports a browser policy', { skip }, async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    // Mounts the folder of managed policies in a mount namespace, invisible to other processes.
    const managed = join(desk.folder, 'opt', 'chrome', 'policies', 'managed');
    await mkdir(managed, { recursive: true });
    await writeFile(join(managed, 'desk.json'), JSON.stringify({ URLBlocklist: ['127.0.0.1'] }));
    const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const script = 'mount --bind "$0" /etc/opt && exec "$@"';
    const inside = ['unshare', ...user, '--mount', 'sh', '-c', script, join(desk.folder, 'opt')];
    const call = (...flags: string[]) =>
      asProcess({}, [...inside, ...agentProgram, 'doctor', '--socket', desk.socketPath, ...flags]);
    const [words, json] = [await call(), await call('--json')];
    const said = { code: json.code, words: words.out, report: JSON.parse(json.out) as Report };
    assert.equal(words.code, 1);
    names(
      said,
      'browser-policy',
      /desk\.json: URLBlocklist has "127\.0\.0\.1", which keeps the browser from/,
    );
  });

  test('reports none of these for an agent on a free port', async (t) => {
    const { cis, cis2, folder } = await testDesk(t);
    const env = {
      ALONGSIDE_AGENT_PORT: String(await freePort()),
      ALONGSIDE_CIS: cis.origin,
      ALONGSIDE_CIS2_ISSUER: cis2.issuer,
      ALONGSIDE_CIS2_JWKS: `${cis2.origin}/jwks`,
      ALONGSIDE_AGENT_SOCKET: join(folder, 'other', 'a.sock'),
    };
    const { out } = await asProcess(env, [...agentProgram, 'doctor', '--json']);
    const { checks } = JSON.parse(out) as Report;
    const wrong = checks.filter(({ outcome }) => outcome === 'wrong').map(({ name }) => name);
    assert.deepEqual(wrong, ['service'], out);
  });
});
