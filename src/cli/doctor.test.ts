import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { patternCovers } from '@alongside/kernel/browser-policies';
import { listeningInodes, portOwner } from '@alongside/kernel/port-owner';
import { freePorts } from '../../test/testing/free-port.ts';
import { startInstance, type TestInstance } from '../../test/testing/instance.ts';
import { openDatabase } from '../storage/dialects.ts';
import { judgeBrowser, judgePolicies } from './doctor/browser.ts';
import { judgeFolder, judgeReader } from './doctor/data-folder.ts';
import { judgeClock, judgeLocalhost, judgeNode, judgeProxy } from './doctor/machine.ts';
import { invoke, runProcess } from './testing/command.ts';

interface Report {
  ok: boolean;
  checks: { name: string; outcome: string; detail: string; fix?: string }[];
}

const root = mkdtempSync(join(tmpdir(), 'alongside-doctor-'));
after(() => rmSync(root, { recursive: true }));

async function examine(...argv: string[]): Promise<Report & { code: number }> {
  const { lines, code } = await invoke(['doctor', '--json', ...argv]);
  assert.equal(lines.length, 1);
  return { ...(JSON.parse(lines[0] ?? '') as Report), code };
}

/** Checks of the machine, which depend on where the test runs. */
const ofTheMachine = /^(proxy|localhost|browser|browser-policy)$/;
const troubles = ({ checks }: Report): string[] =>
  checks
    .filter(({ name, outcome }) => outcome === 'wrong' && !ofTheMachine.test(name))
    .map(({ name }) => name);

const listen = (port = 0): Promise<{ server: Server; port: number }> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1', () =>
      resolve({ server, port: (server.address() as { port: number }).port }),
    );
  });

describe('alongside doctor at a healthy instance', () => {
  let instance: TestInstance;
  before(async () => {
    instance = await startInstance();
  });
  after(() => instance.stop());
  const at = () => ['--state', instance.state.stateFile, '--data', root];

  test('finds no problem and checks each service', async () => {
    const report = await examine(...at());
    assert.deepEqual(troubles(report), []);
    const names = report.checks.map(({ name }) => name);
    for (const name of [
      'node',
      'data-folder',
      'state-file',
      'clock',
      'agent-socket',
      'proxy',
      'localhost',
      'browser',
      'service (console)',
      'service (cis2)',
      'service (cis)',
      'service (identity-agent)',
      'service (sample)',
      'service (authorisation)',
      'service (gateway, PDS)',
      'signing-keys (cis2)',
      'apis',
    ])
      assert.ok(names.includes(name), name);
    if (process.platform === 'linux') {
      const console_ = report.checks.find(({ name }) => name === 'port (console)');
      assert.match(
        console_?.detail ?? '',
        new RegExp(`^${instance.state.portBase}: this instance \\(process ${process.pid}\\)$`),
      );
      assert.equal(names.filter((name) => name.startsWith('port')).length, 7);
    }
  });

  test('names an API that no application can call', async () => {
    const file = join(root, 'uncallable.yaml');
    writeFileSync(
      file,
      'openapi: 3.0.3\nservers: [{url: /uncallable}]\nsecurity: [{app-level3: []}]\nx-nhsd-apim: {access: []}\npaths: {/a: {get: {responses: {}}}}\n',
    );
    await invoke(['api', 'add', file, '--mock', '--state', instance.state.stateFile]);
    const report = await examine('--state', instance.state.stateFile, '--data', root);
    assert.deepEqual(troubles(report), ['apis (uncallable)']);
    const { detail } = report.checks.find(({ name }) => name === 'apis (uncallable)') ?? {};
    assert.match(detail ?? '', /^No application can call this API/);
    await instance.api('DELETE', '/apis/uncallable');
  });

  test('finds the instance by its port', async () => {
    assert.deepEqual(
      troubles(await examine('--port-base', String(instance.state.portBase), '--data', root)),
      [],
    );
  });

  test("runs the agent's own doctor with `alongside agent doctor`", async () => {
    const ask = async () => {
      const { lines, code } = await invoke([
        'agent',
        'doctor',
        '--json',
        '--state',
        instance.state.stateFile,
      ]);
      const { checks } = JSON.parse(lines[0] ?? '') as Report;
      return [code, checks.find(({ name }) => name === 'pin')?.outcome];
    };
    await instance.api('PUT', '/readers/0/card', { card: 'gp' });
    assert.equal((await ask())[1], 'ok');
    await instance.api('PUT', '/readers/0/card', { card: 'locked' });
    assert.deepEqual(await ask(), [1, 'wrong']);
    await instance.api('DELETE', '/readers/0/card');
  });

  test('reports a moved clock as a remark', async () => {
    await instance.api('PUT', '/clock', { advance: 86_400 });
    const report = await examine(...at());
    await instance.api('DELETE', '/clock');
    assert.deepEqual(troubles(report), []);
    assert.ok(report.checks.some(({ name, outcome }) => name === 'clock' && outcome === 'remark'));
  });

  test('prints one line in the process report, and the fix for people', async () => {
    // Proxies are read from the environment of the process.
    const variables = { http_proxy: 'http://proxy.test:3128', no_proxy: 'example.org' };
    const [json, text] = await Promise.all([
      runProcess(['doctor', '--json', ...at()], { variables }),
      runProcess(['doctor', ...at()], { variables }),
    ]);
    assert.deepEqual([json.code, json.err, json.out.indexOf('\n')], [1, '', json.out.length - 1]);
    assert.equal((JSON.parse(json.out) as Report).ok, false);
    assert.deepEqual([text.code, text.err], [1, '']);
    assert.match(
      text.out,
      /^WRONG {2}proxy: http_proxy is set and would catch localhost and 127\.0\.0\.1\.\n {7}-> Set NO_PROXY/m,
    );
    assert.match(text.out, /^ok {5}service \(cis2\)/m);
    assert.match(text.out, /problems? found\.\n$/);
  });
});

describe('the report of alongside doctor', () => {
  test('names services that do not run', async () => {
    const instance = await startInstance({ only: 'cis,authorisation,gateway,console' });
    const report = await examine('--state', instance.state.stateFile, '--data', root);
    await instance.stop();
    assert.deepEqual(troubles(report), [
      'service (cis2, readiness)',
      'service (cis2)',
      'service (identity-agent)',
      'service (sample)',
    ]);
    assert.equal(report.code, 1);
    assert.ok(report.checks.some(({ name, outcome }) => name === 'agent-socket' && outcome === 'remark'));
  });

  test('names a registration of the platform that does not fit its address', async () => {
    const instance = await startInstance();
    const path = '/applications/platform';
    const { cis2 } = await instance.api<{ cis2: { redirectUris: string[] } }>('GET', path);
    const [first = ''] = cis2.redirectUris;
    await instance.api('PATCH', path, { cis2: { redirectUris: [first] } });
    const report = await examine('--state', instance.state.stateFile, '--data', root);
    await instance.stop();
    assert.deepEqual(troubles(report), ['sign-in (/oauth2.1/callback)']);
    const { detail, fix } = report.checks.find(({ outcome }) => outcome === 'wrong') ?? {};
    assert.match(
      detail ?? '',
      /CIS2 at http.* refuses a sign-in that returns to http.*\/oauth2\.1\/callback with 400/,
    );
    assert.match(fix ?? '', /alongside explain [\w-]{20,} has the reason/);
  });

  test('accepts a proxy on this machine in front of the instance, and no other program', async () => {
    const program = `const { connect, createServer } = require('node:net');
const server = createServer((socket) => {
  const to = connect(Number(process.argv[1]), '127.0.0.1');
  for (const [from, at] of [[socket, to], [to, socket]]) from.pipe(at).on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
    const target = await freePorts(16, 29_000, 30_000);
    const proxy = spawn(process.execPath, ['-e', program, String(target + 1)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(proxy.stdout, 'data')) as [Buffer];
    const urlApi = `http://127.0.0.1:${Number(line)}`;
    const instance = await startInstance({ portBase: target, urlApi });
    const report = await examine('--state', instance.state.stateFile, '--data', root);
    await instance.stop();
    proxy.kill();
    assert.deepEqual(troubles(report), []);
    if (process.platform === 'linux')
      assert.match(
        report.checks.find(({ name }) => name === 'port (api)')?.detail ?? '',
        /, in front of this instance$/,
      );
  });

  test('names an issuer other than the configured one', async () => {
    const foreign = createHttpServer((_request, response) => response.end('{"issuer":"http://other.test"}'));
    await new Promise<void>((done) => foreign.listen(0, '127.0.0.1', done));
    const { port } = foreign.address() as { port: number };
    const instance = await startInstance({ urlCis2: `http://127.0.0.1:${port}` });
    const report = await examine('--state', instance.state.stateFile, '--data', root);
    await instance.stop();
    foreign.close();
    assert.deepEqual(troubles(report), [
      'service (cis2)',
      'sign-in (/oauth2/callback)',
      'sign-in (/oauth2.1/callback)',
      'signing-keys (cis2)',
    ]);
    const { detail } = report.checks.find(({ name }) => name === 'service (cis2)') ?? {};
    assert.match(detail ?? '', /names the issuer http:\/\/other\.test, the configuration http:\/\/127/);
  });

  test('names a missing socket', async () => {
    const instance = await startInstance();
    rmSync(instance.state.agentSocket ?? '');
    const report = await examine('--state', instance.state.stateFile, '--data', root);
    await instance.stop();
    assert.deepEqual(troubles(report), ['agent-socket']);
  });

  test('names an outdated state file and an invalid one', async () => {
    const file = join(root, 'left.json');
    const { server, port } = await listen();
    server.close();
    // Only the console is on this machine.
    const others = ['api', 'cis2Issuer', 'identityAgent', 'cis', 'sample'];
    const urls = {
      ...Object.fromEntries(others.map((name) => [name, `https://${name}.test`])),
      console: `http://127.0.0.1:${port}`,
    };
    // No process has this id, which is above Linux's maximum.
    writeFileSync(file, JSON.stringify({ urls, pid: 4_194_305, portBase: port, agentSocket: null }));
    const left = await examine('--state', file, '--data', root);
    assert.deepEqual(troubles(left), ['state-file', 'service (console)']);
    assert.match(
      left.checks.find(({ name }) => name === 'state-file')?.detail ?? '',
      /4194305 does not run any more/,
    );

    writeFileSync(file, JSON.stringify({ urls, pid: process.pid, portBase: port, agentSocket: null }));
    const mute = await examine('--state', file, '--data', root);
    assert.match(
      mute.checks.find(({ name }) => name === 'state-file')?.detail ?? '',
      /its console does not answer/,
    );

    writeFileSync(file, '{');
    assert.ok(troubles(await examine('--state', file, '--data', root)).includes('state-file'));
  });

  test('names the process that uses a port', async () => {
    const { server, port } = await listen();
    const report = await examine('--port-base', String(port), '--data', root);
    server.close();
    const found = report.checks.find(({ name }) => name === 'port (console)');
    assert.equal(found?.outcome, 'wrong');
    assert.match(
      found?.detail ?? '',
      process.platform === 'linux' ? new RegExp(`\\(process ${process.pid}\\)\\.$`) : /is used by/,
    );
    assert.match(found?.fix ?? '', /--port-base/);
    assert.ok(troubles(report).includes('service (console)'));
  });

  test('names ports above the maximum', async () => {
    const report = await examine('--port-base', '65533', '--data', root);
    assert.match(JSON.stringify(report.checks), /There is no port 65536/);
  });
});

describe('the checks of alongside doctor', () => {
  test('judge Node.js', () => {
    assert.equal(judgeNode('20.19.0').outcome, 'wrong');
    assert.equal(judgeNode('24.0.0').outcome, 'ok');
  });

  test('judge the data folder', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    assert.equal(judgeFolder(root).outcome, 'ok');
    assert.match(judgeFolder(join(root, 'new/deep')).detail, /can be made/);
    assert.equal(judgeFolder(join(file, 'below')).outcome, 'wrong');
    assert.deepEqual(judgeReader(root, undefined), []);
    assert.match(judgeReader(root, 'Users')[0]?.detail ?? '', /^Users can open the data folder /);
    const closed = join(root, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    // root can read everything.
    assert.equal(judgeFolder(closed).outcome, process.getuid?.() === 0 ? 'ok' : 'wrong');
  });

  test('read the pages of the SQLite file, with an instance or without', async () => {
    const folder = mkdtempSync(join(root, 'damaged-'));
    const file = join(folder, 'alongside.db');
    await (await openDatabase('', folder)).close();
    const found = async (...argv: string[]) =>
      (await examine(...argv, '--data', folder)).checks.find(({ name }) => name === 'database');
    assert.deepEqual(await found(), {
      name: 'database',
      outcome: 'ok',
      detail: `All pages of ${file} can be read.`,
    });
    const state = join(folder, 'state.json');
    const names = ['console', 'api', 'cis2Issuer', 'identityAgent', 'cis', 'sample'];
    const urls = Object.fromEntries(names.map((name) => [name, 'http://127.0.0.1:1']));
    const running = { urls, pid: process.pid, portBase: 1, agentSocket: null, database: `SQLite ${file}` };
    const damaged = readFileSync(file).fill(0xff, 3 * 4_096, 5 * 4_096);
    writeFileSync(file, damaged);
    for (const argv of [[], ['--state', state]]) {
      writeFileSync(state, JSON.stringify(running));
      const finding = await found(...argv);
      assert.equal(finding?.outcome, 'wrong');
      assert.ok(finding?.detail.startsWith(`${file} is damaged: `), finding?.detail);
      assert.match(finding?.fix ?? '', /alongside restore BACKUP --force/);
    }
    writeFileSync(state, JSON.stringify({ ...running, database: 'SQLite in memory' }));
    assert.equal(await found('--state', state), undefined);
  });

  test('judge clocks without counting the duration of the call', () => {
    const asked = Date.parse('2026-03-02T09:00:00Z');
    const at = (milliseconds: number, offsetSeconds = 0, took = 8_000) =>
      judgeClock({
        urls: {} as never,
        clock: { now: new Date(asked + milliseconds).toISOString(), offsetSeconds },
        asked,
        answered: asked + took,
      }).map(({ outcome, detail }) => `${outcome}: ${detail}`);
    assert.match(at(0).join(), /^ok/);
    assert.match(at(18_000).join(), /^ok/);
    assert.match(at(18_001).join(), /^wrong.* 10 s ahead of/);
    assert.match(at(-10_000).join(), /^ok/);
    assert.match(at(-3_600_000).join(), /^wrong.* 3600 s behind/);
    assert.match(at(3_600_000, 3_600).join('\n'), /^ok.*\nremark: .* 3600 s/);
  });

  test('judge proxies', () => {
    const outcome = (variables: Record<string, string>) => judgeProxy(variables).outcome;
    assert.equal(outcome({}), 'ok');
    assert.equal(outcome({ https_proxy: 'http://p:1' }), 'ok');
    for (const name of ['http_proxy', 'HTTP_PROXY', 'ALL_PROXY'])
      assert.equal(outcome({ [name]: 'http://p:1' }), 'wrong');
    const proxy = { HTTP_PROXY: 'http://p:1' };
    for (const list of [
      '*',
      'localhost,127.0.0.1',
      'example.org, .localhost 127.0.0.0/8',
      'LOCALHOST:8400,127.0.0.1',
    ])
      assert.equal(outcome({ ...proxy, NO_PROXY: list }), 'ok', list);
    for (const list of ['', 'localhost', '127.0.0.1', 'notlocalhost,127.0.0.10'])
      assert.equal(outcome({ ...proxy, no_proxy: list }), 'wrong', list);
    assert.match(judgeProxy({ ...proxy, NO_PROXY: 'localhost' }).detail, /would catch 127\.0\.0\.1\.$/);
  });

  test('judge localhost', () => {
    assert.equal(judgeLocalhost(['::1', '127.0.0.1']).outcome, 'ok');
    assert.match(judgeLocalhost(['::1']).detail, /::1 alone/);
    assert.equal(judgeLocalhost(['192.0.2.1']).outcome, 'wrong');
  });

  test('judge browsers', () => {
    const program = join(root, 'chromium');
    writeFileSync(program, '', { mode: 0o755 });
    assert.equal(judgeBrowser({ ALONGSIDE_BROWSER: program }).outcome, 'ok');
    assert.match(judgeBrowser({ ALONGSIDE_BROWSER: join(root, 'none'), PATH: root }).detail, /names .*none/);
    if (process.platform !== 'linux') return;
    assert.equal(judgeBrowser({ PATH: root }).detail, program);
    assert.equal(judgeBrowser({ PATH: '/nowhere' }).outcome, 'wrong');
  });

  test('match policy patterns', () => {
    const agent = new URL('http://127.0.0.1:8403');
    for (const pattern of [
      '*',
      '127.0.0.1',
      'http://127.0.0.1:8403',
      '127.0.0.1:*',
      'http://*',
      '*://127.0.0.1/',
      '.127.0.0.1',
    ])
      assert.ok(patternCovers(pattern, agent), pattern);
    for (const pattern of [
      '',
      'localhost',
      'https://*',
      '127.0.0.1:8400',
      'file://*',
      '127.0.0.1/admin',
      '27.0.0.1',
      'javascript://*',
    ])
      assert.ok(!patternCovers(pattern, agent), pattern);
    assert.ok(patternCovers('test', new URL('https://cis2.test/')));
    assert.ok(patternCovers('[*.]cis2.test', new URL('https://cis2.test/')));
    assert.ok(!patternCovers('.test', new URL('https://cis2.test/')));
  });

  test('judge browser policies', () => {
    const addresses = [new URL('http://localhost:8402'), new URL('http://127.0.0.1:8403')];
    const judged = (policies: Record<string, unknown>) =>
      judgePolicies([{ file: 'p.json', policies }], addresses).map(({ outcome }) => outcome);
    assert.deepEqual(judged({}), ['ok']);
    assert.deepEqual(judged({ URLBlocklist: ['*'] }), ['wrong']);
    assert.deepEqual(judged({ URLBlocklist: ['*'], URLAllowlist: ['localhost', '127.0.0.1'] }), ['ok']);
    assert.deepEqual(judged({ URLBlocklist: ['127.0.0.1'], URLAllowlist: ['localhost'] }), ['wrong']);
    assert.deepEqual(judged({ URLBlocklist: ['example.org'] }), ['ok']);
    assert.deepEqual(judged({ ProxySettings: { ProxyBypassList: '<-loopback>' } }), ['wrong']);
    assert.deepEqual(judged({ LoopbackNetworkBlockedForUrls: ['*'] }), ['remark']);
    assert.deepEqual(judged({ URLBlocklist: 'odd', LoopbackNetworkBlockedForUrls: [1] }), ['ok']);
  });

  test('read socket tables', async () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:20D0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1',
      '   1: 0100007F:20D0 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1',
      '   2: 0100007F:20D1 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1',
      '',
    ].join('\n');
    assert.deepEqual(listeningInodes(table, 8400), ['4711']);
    assert.deepEqual(listeningInodes('', 8400), []);
    if (process.platform !== 'linux') return;
    const { server, port } = await listen();
    assert.equal(portOwner(port)?.pid, process.pid);
    await new Promise((done) => server.close(done));
    assert.equal(portOwner(port), undefined);
  });
});
