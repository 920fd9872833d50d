import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { environment } from '@alongside/kernel/operator';
import { runProcess } from './testing/command.ts';

const kit = new URL('../kit/index.ts', import.meta.url).href;
const [major = 0] = process.versions.node.split('.').map(Number);

describe('a proxy of the environment without NO_PROXY', { skip: major < 24 && 'needs Node.js 24' }, () => {
  /** The requests that reached the proxy. */
  const received: string[] = [];
  const proxy = http.createServer((request, response) => {
    received.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  proxy.on('connect', (request, socket) => {
    received.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  let variables: Record<string, string>;
  before(async () => {
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    variables = {
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: address,
      http_proxy: address,
      HTTPS_PROXY: address,
      https_proxy: address,
      NO_PROXY: 'intranet.test',
      no_proxy: '',
    };
  });
  beforeEach(() => {
    received.length = 0;
  });
  after(() => proxy.close());

  test('carries no call of exec and its instance, and is left out for this machine in its command', async () => {
    const program = 'console.log(JSON.stringify([process.env.NO_PROXY, process.env.no_proxy]))';
    const argv = ['exec', '--person', 'gp', '--', process.execPath, '--eval', program];
    const { code, out, err } = await runProcess(argv, { variables });
    assert.equal(code, 0, err);
    const exceptions = 'intranet.test,localhost,127.0.0.1';
    assert.deepEqual(JSON.parse(out), [exceptions, exceptions]);
    assert.deepEqual(received, []);
  });

  test('carries no call of the test kit, the services, the agent and the sample application', async () => {
    const program = `
      const { start } = await import(${JSON.stringify(kit)});
      await using instance = await start();
      await instance.desk('gp');
      const browser = instance.browser();
      const { text } = await browser.goto(instance.urls.sample + '/sign-in/combined');
      const find = { method: 'POST', body: 'nhs-number=9000000009' };
      const patient = await browser.goto(instance.urls.sample + '/patient', find);
      const { access_token: token } = await instance.applicationTokens();
      await instance.clock.advance(60);
      const health = await instance.call('GET', '/health');
      await instance.tidy();
      console.log(JSON.stringify([/656005750108/.test(text), /Smith/i.test(patient.text), typeof health.ok, typeof token]));`;
    const node = [process.execPath, '--input-type=module', '--eval', program] as const;
    const { stdout } = await promisify(execFile)(node[0], node.slice(1), {
      env: { ...environment(), ...variables },
    });
    assert.deepEqual(JSON.parse(stdout), [true, true, 'boolean', 'string']);
    assert.deepEqual(received, []);
  });

  test('is named in the error of a command that cannot reach its instance', async () => {
    const { code, err } = await runProcess(['status', '--port-base', '1'], { variables });
    assert.equal(code, 1);
    assert.match(
      err,
      /No running instance responds at http:\/\/localhost:1 .* The proxy of http_proxy is not used/,
    );
    assert.deepEqual(received, []);
  });

  test('carries the sign-in at a server elsewhere, and its error names the variable', async () => {
    const argv = [
      'sign-in',
      '--issuer',
      'https://api.invalid/oauth2.1',
      '--client',
      'x',
      '--browser',
      'manual',
    ];
    const { code, err } = await runProcess(argv, { variables });
    assert.equal(code, 1);
    assert.deepEqual([...new Set(received)], ['CONNECT api.invalid:443']);
    assert.match(
      err,
      /could not be reached.* https_proxy names a proxy: it is used with NODE_USE_ENV_PROXY=1/,
    );
  });
});
