import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { invoke } from '../../src/cli/testing/command.ts';
import { Browser } from '../../src/kit/browser.ts';
import { startInstance } from '../testing/instance.ts';

/** Starts an instance whose CIS2 is behind a proxy on this machine, which calls it from an address of loopback. */
async function behindProxy(localAddress: string) {
  let port = 0;
  const proxy = http.createServer((request, response) => {
    const { method, url: path, headers, socket } = request;
    const forwarded = { ...headers, 'x-forwarded-for': socket.remoteAddress?.replace('::ffff:', '') };
    const call = http.request({ host: '127.0.0.1', port, localAddress, method, path, headers: forwarded });
    call.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    call.on('error', () => response.writeHead(502).end());
    request.pipe(call);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const urlCis2 = `http://localhost:${(proxy.address() as AddressInfo).port}`;
  const instance = await startInstance({ urlCis2, trustedProxies: localAddress });
  port = instance.state.ports.cis2;
  await instance.signInAtDesk('gp');
  return {
    instance,
    cis2: urlCis2,
    async [Symbol.asyncDispose]() {
      await instance.stop();
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

describe('a proxy and a browser on the machine of the agent', () => {
  test('lead to the choice of authenticators if the proxy calls from 127.0.0.1, and doctor names the fix', async () => {
    await using behind = await behindProxy('127.0.0.1');
    const { url } = await new Browser([]).go(`${behind.instance.urls.sample}/sign-in/combined`);
    assert.equal(url.origin, behind.cis2);
    const { lines } = await invoke(['doctor', '--json', '--state', behind.instance.state.stateFile]);
    const { checks } = JSON.parse(lines[0] ?? '') as {
      checks: Record<'name' | 'outcome' | 'fix', string>[];
    };
    const found = checks.find(({ name }) => name === 'trusted-proxies');
    assert.equal(found?.outcome, 'remark');
    assert.match(found?.fix ?? '', /proxy_bind 127\.0\.0\.2;.*--trusted-proxies 127\.0\.0\.2/);
  });

  test('lead to a sign-in without a page if the proxy calls from 127.0.0.2', {
    skip: process.platform !== 'linux' && 'only Linux has all of 127.0.0.0/8 on loopback',
  }, async () => {
    await using behind = await behindProxy('127.0.0.2');
    const { url } = await new Browser([]).go(`${behind.instance.urls.sample}/sign-in/combined`);
    assert.equal(url.origin, behind.instance.urls.sample);
    const { lines } = await invoke(['doctor', '--json', '--state', behind.instance.state.stateFile]);
    assert.doesNotMatch(lines[0] ?? '', /proxy_bind/);
  });
});
