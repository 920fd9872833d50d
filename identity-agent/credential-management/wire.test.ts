import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { Agent } from 'node:http';
import { connect, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { silentLog } from '@alongside/kernel/log';
import { serveAsAnotherUser } from '../../test/testing/another-user.ts';
import { freePort } from '../../test/testing/free-port.ts';
import { rightPin, testDesk } from '../testing/desk.ts';
import { assertSigned, signingDesk } from '../testing/signing-desk.ts';
import { callWire, SigningPage, toSign } from '../testing/signing-page.ts';
import { startCredentialManagement } from './index.ts';

const origin = 'http://localhost:3000';
const cors = ['access-control-allow-origin', 'access-control-allow-credentials'] as const;

describe('the port redirection service', () => {
  test('names the port of the agent to an allowed page, with credentials', async (t) => {
    const { port } = await signingDesk(t);
    const answer = await callWire(port, '/PRS/GetPortNumber', { headers: { origin } });
    assert.deepEqual([answer.status, answer.body], [200, { portData: { portNumber: port } }]);
    assert.deepEqual(
      cors.map((name) => answer.headers[name]),
      [origin, 'true'],
    );
    assert.deepEqual([answer.headers.vary, answer.headers['cache-control']], ['Origin', 'no-store']);
    const older = await callWire(port, '/PRS/ConnectPRService', { headers: { origin } });
    assert.deepEqual([older.status, older.body], [200, { statusCode: '200' }]);
  });

  test('is not there unless it is switched on', async (t) => {
    const port = await freePort();
    const desk = await testDesk(t, { credentialManagementTest: { ports: [port] } });
    await assert.rejects(callWire(port, '/PRS/GetPortNumber', { headers: { origin } }), {
      code: 'ECONNREFUSED',
    });
    assert.equal((await desk.visit('/signature')).status, 404);
    assert.equal((await desk.call<Record<string, unknown>>('configuration')).credentialManagementPorts, null);
  });

  test('takes the ports that are free, and says which', async (t) => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(ports[1], '127.0.0.1', resolve));
    t.after(() => squatter.close());
    const desk = await testDesk(t, { credentialManagement: true, credentialManagementTest: { ports } });
    const { credentialManagementPorts } = await desk.call<Record<string, unknown>>('configuration');
    assert.deepEqual(credentialManagementPorts, [ports[0], ports[2]]);
    assert.deepEqual(desk.lines.find(({ message }) => message === 'Credential Management is ready')?.ports, [
      ports[0],
      ports[2],
    ]);
    for (const port of [ports[0] ?? 0, ports[2] ?? 0]) {
      const { body } = await callWire(port, '/PRS/GetPortNumber', { headers: { origin } });
      assert.deepEqual(body, { portData: { portNumber: port } });
    }
  });

  test('tells a page of a stopping agent that it is unavailable', async (t) => {
    const desk = await signingDesk(t);
    const port = await freePort();
    const options = { ...desk, log: silentLog, development: true, origins: [], checkPeerUser: true };
    const started = await startCredentialManagement({ ...options, ports: [port] });
    const page = await new SigningPage(port, origin).open();
    const polled = page.inConnection('poll', { method: 'POST', body: 'messageId=d' });
    // Each is checked as the poll is, and after it: then the poll waits.
    for (let calls = 0; calls < 20; calls += 1)
      await callWire(port, '/PRS/GetPortNumber', { headers: { origin } });
    await started.stop();
    const { body } = await polled;
    assert.deepEqual([body.M, body.T], [[], 1], 'the page is advised to connect again');
    await assert.rejects(callWire(port, '/PRS/GetPortNumber', { headers: { origin } }));
  });
});

describe('SignalR', () => {
  test('negotiates long polling of protocol 2.1', async (t) => {
    const { port } = await signingDesk(t);
    const page = new SigningPage(port);
    const { status, headers, body } = await page.call(
      '/signalr/negotiate?clientProtocol=2.1&connectionData=%5B%5D&_=1764684000000',
    );
    assert.equal(status, 200);
    assert.equal(headers['access-control-allow-origin'], origin);
    const { ConnectionToken, ConnectionId, ...rest } = body;
    assert.match(String(ConnectionToken), /^[\w-]{40,}$/);
    assert.match(String(ConnectionId), /^[0-9a-f-]{36}$/);
    assert.deepEqual(rest, {
      Url: '/signalr',
      KeepAliveTimeout: null,
      ConnectionTimeout: 110,
      DisconnectTimeout: 30,
      TransportConnectTimeout: 5,
      TryWebSockets: false,
      ProtocolVersion: '2.1',
      LongPollDelay: 0,
    });
  });

  test('connects, starts, polls with message ids, reconnects and aborts', async (t) => {
    const { port } = await signingDesk(t);
    const page = new SigningPage(port);
    const negotiated = await page.call<{ ConnectionToken: string }>(
      '/signalr/negotiate?clientProtocol=2.1&connectionData=%5B%5D',
    );
    page.token = negotiated.body.ConnectionToken;
    const { body: first } = await page.inConnection('connect', { method: 'POST' });
    assert.deepEqual([first.S, first.M], [1, []]);
    assert.deepEqual((await page.inConnection('start')).body, { Response: 'started' });

    const held = page.inConnection('poll', { method: 'POST', body: `messageId=${first.C}` });
    await new Promise((resolve) => setTimeout(resolve, 50));
    // A poll that replaces the held one, as after a lost network.
    const next = page.inConnection('poll', { method: 'POST', body: `messageId=${first.C}` });
    const { body: second } = await held;
    assert.deepEqual([second.M, second.T], [[], undefined]);
    const { body: third } = await page.inConnection('reconnect', {
      method: 'POST',
      body: `messageId=${second.C}`,
    });
    assert.deepEqual(third.M, []);
    assert.equal(new Set([first.C, second.C, third.C]).size, 3, 'each response has another message id');

    assert.equal((await page.inConnection('abort', { method: 'POST' })).status, 200);
    assert.deepEqual((await next).body.M, []);
    assert.equal((await page.inConnection('poll', { method: 'POST' })).status, 400);
  });

  test('answers a hub or method that does not exist as SignalR does', async (t) => {
    const { page: open } = await signingDesk(t);
    const page = await open();
    const method = await page.invoke('sign', []);
    assert.deepEqual(
      [method.status, method.body],
      [200, { I: '0', E: "'sign' method could not be resolved." }],
    );
    const hub = await page.invoke('requestToSign', [], { hub: 'chat' });
    assert.deepEqual(hub.body, { I: '1', E: "'chat' Hub could not be resolved." });
    assert.equal(
      (await page.invoke('REQUESTTOSIGN', ['e30='], { hub: 'SigningHub' })).body.R?.status_code,
      1_397_311_235,
    );
  });

  const malformed: readonly (readonly [string, string])[] = [
    ['no data', 'messageId=1'],
    ['data twice', 'data=%7B%7D&data=%7B%7D'],
    ['no JSON', 'data=%7B'],
    ['no object', 'data=%5B%5D'],
    ['no method', `data=${encodeURIComponent('{"H":"signinghub","A":[],"I":0}')}`],
    ['no arguments', `data=${encodeURIComponent('{"H":"signinghub","M":"requestToSign","I":0}')}`],
    ['an id that is an object', `data=${encodeURIComponent('{"H":"signinghub","M":"x","A":[],"I":{}}')}`],
    [
      'a deep id',
      `data=${encodeURIComponent(`{"H":"a","M":"b","A":${'['.repeat(60)}${']'.repeat(60)},"I":0}`)}`,
    ],
  ];
  test('refuses messages that are no hub call', async (t) => {
    const desk = await signingDesk(t);
    const page = await desk.page();
    for (const [what, body] of malformed)
      assert.equal((await page.inConnection('send', { method: 'POST', body })).status, 400, what);
  });

  test('refuses 4 MB of form fields in moments', async (t) => {
    const desk = await signingDesk(t);
    const page = await desk.page();
    const before = process.cpuUsage();
    for (const body of [`${'a&'.repeat(2_000_000)}data=1`, `${'data=1&'.repeat(500_000)}`])
      assert.equal((await page.inConnection('send', { method: 'POST', body })).status, 400);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 5_000_000, `${user + system} µs of processor time`);
  });

  test('refuses another protocol, transport and connection', async (t) => {
    const desk = await signingDesk(t);
    const page = await desk.page();
    for (const version of ['3.0', '1.1', ''])
      assert.equal((await page.call(`/signalr/negotiate?clientProtocol=${version}`)).status, 400, version);
    assert.equal((await page.call('/signalr/negotiate')).status, 400);
    const post = { method: 'POST' };
    assert.equal((await page.inConnection('connect', post, { transport: 'webSockets' })).status, 400);
    assert.equal((await page.inConnection('connect', post, { connectionToken: 'AAAA' })).status, 400);
    const other = new SigningPage(desk.port, 'http://localhost:4000');
    other.token = page.token;
    assert.equal((await other.inConnection('start')).status, 400, 'a connection is of one origin');
    assert.equal((await page.inConnection('start')).status, 200);
    assert.equal((await page.call('/signalr/negotiate', post)).status, 404);
    assert.equal((await page.call('/signalr/hubs')).status, 404);
  });

  test('ends a connection that is idle', async (t) => {
    const desk = await signingDesk(t);
    const page = await desk.page();
    desk.clock.advance(59);
    assert.equal((await page.inConnection('start')).status, 200);
    desk.clock.advance(61);
    assert.equal((await page.inConnection('start')).status, 400);
  });
});

describe('pages that are not allowed', () => {
  const paths = ['/PRS/GetPortNumber', '/PRS/ConnectPRService', '/signalr/negotiate?clientProtocol=2.1'];
  const foreign = [
    'https://evil.example',
    'http://localhost.evil.example',
    'null',
    'http://127.0.0.1.evil.example:3000',
    'file://',
    'http://192.0.2.1:3000',
    undefined,
  ];

  test('are refused without CORS headers, and so are requests without an origin', async (t) => {
    const { port } = await signingDesk(t);
    for (const from of foreign)
      for (const path of paths)
        for (const method of ['GET', 'OPTIONS']) {
          const answer = await callWire(port, path, { method, headers: { origin: from } });
          assert.equal(answer.status, 403, `${method} ${from} ${path}`);
          for (const name of cors) assert.equal(answer.headers[name], undefined, `${from} ${path}`);
        }
  });

  test('cannot use the connection of an allowed page', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const page = await desk.page();
    for (const from of foreign) {
      const evil = new SigningPage(desk.port, from);
      evil.token = page.token;
      const { status, headers } = await evil.inConnection('send', {
        method: 'POST',
        headers: { origin: from },
        body: `data=${encodeURIComponent('{"H":"signinghub","M":"requestToSign","A":["e30="],"I":0}')}`,
      });
      assert.deepEqual([status, headers['access-control-allow-origin']], [403, undefined], `${from}`);
    }
    assert.equal((await desk.call('status')).question, 'pin');
  });

  test('are all but the listed ones in production', async (t) => {
    const listed = 'https://prescribing.example.nhs.uk';
    const desk = await signingDesk(t);
    const port = await freePort();
    const options = { ...desk, log: silentLog, development: false, checkPeerUser: true };
    const started = await startCredentialManagement({ ...options, origins: [listed], ports: [port] });
    t.after(() => started.stop());
    const statusOf = async (from: string) =>
      (await callWire(port, '/PRS/GetPortNumber', { headers: { origin: from } })).status;
    assert.equal(await statusOf(listed), 200);
    for (const from of [
      origin,
      'http://127.0.0.1:3000',
      `${listed}:444`,
      `${listed}.evil.example`,
      listed.replace('https', 'http'),
    ])
      assert.equal(await statusOf(from), 403, from);
  });

  test('that have rebound their name to this machine are refused', async (t) => {
    const { port } = await signingDesk(t);
    for (const host of [`evil.example:${port}`, 'localhost', `localhost:${port + 1}`, `localhost.:${port}`]) {
      const answer = await callWire(port, '/PRS/GetPortNumber', { headers: { origin, host } });
      assert.deepEqual(
        [answer.status, answer.headers['access-control-allow-origin']],
        [421, undefined],
        host,
      );
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`])
      assert.equal(
        (await callWire(port, '/PRS/GetPortNumber', { headers: { origin, host } })).status,
        200,
        host,
      );
  });

  test('get no preflight; an allowed page gets one, also for the private network', async (t) => {
    const { port } = await signingDesk(t);
    const ask = (from: string, more: Record<string, string> = {}) =>
      callWire(port, '/signalr/send', {
        method: 'OPTIONS',
        headers: { origin: from, 'access-control-request-method': 'POST', ...more },
      });
    const allowed = await ask(origin, { 'access-control-request-private-network': 'true' });
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers['access-control-allow-private-network'], 'true');
    assert.equal(allowed.headers['access-control-allow-origin'], origin);
    assert.equal((await ask(origin)).headers['access-control-allow-private-network'], undefined);
    const refused = await ask('https://evil.example', { 'access-control-request-private-network': 'true' });
    assert.deepEqual(
      [refused.status, refused.headers['access-control-allow-private-network']],
      [403, undefined],
    );
  });
});

describe('limits', () => {
  test('refuse a body that is too long, before it is read', async (t) => {
    const desk = await signingDesk(t);
    const page = await desk.page();
    const answer = await page.inConnection('send', {
      method: 'POST',
      headers: { 'content-length': '5000000' },
      body: 'data=',
    });
    assert.equal(answer.status, 413);
    const foreign = await callWire(desk.port, `/signalr/send?connectionToken=${page.token}`, {
      method: 'POST',
      headers: { origin: 'https://evil.example', 'content-length': '5000000' },
      body: 'data=',
    });
    assert.equal(foreign.status, 403, 'the body of a foreign page is not waited for');
  });

  test('let 1,000 connections of a page replace each other, and leave other pages alone', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const page = await desk.page();
    const signing = page.sign(toSign(['a document']));
    await desk.asked();
    const from = 'http://localhost:6666';
    const agent = new Agent({ keepAlive: true, maxSockets: 50 });
    t.after(async () => agent.destroy());
    const atOnce = Array.from({ length: 50 });
    const tokens: string[] = [];
    let open = 0;
    for (let round = 0; round < 20; round += 1)
      await Promise.all(
        atOnce.map(async () => {
          const { status, body } = await new SigningPage(desk.port, from).call<{ ConnectionToken: string }>(
            '/signalr/negotiate?clientProtocol=2.1',
            { agent },
          );
          assert.equal(status, 200);
          tokens.push(body.ConnectionToken);
        }),
      );
    for (let round = 0; round < 20; round += 1)
      await Promise.all(
        atOnce.map(async (_, index) => {
          const hostile = new SigningPage(desk.port, from);
          hostile.token = tokens[round * 50 + index] ?? '';
          if ((await hostile.inConnection('start', { agent })).status === 200) open += 1;
        }),
      );
    assert.equal(open, 8);
    await desk.call('answerPin', { pin: rightPin });
    assertSigned((await signing).body, ['a document']);
  });

  test('keep the connections of all pages together below 65', async (t) => {
    const desk = await signingDesk(t);
    const statuses: number[] = [];
    for (let number = 0; number < 80; number += 1) {
      const page = new SigningPage(desk.port, `http://localhost:${10_000 + number}`);
      statuses.push((await page.call('/signalr/negotiate?clientProtocol=2.1')).status);
    }
    assert.deepEqual(
      statuses,
      Array.from({ length: 80 }, (_, number) => (number < 64 ? 200 : 429)),
    );
    desk.clock.advance(61);
    await new SigningPage(desk.port).open();
  });

  test('accept 64 sockets of a port, and serve again when they are gone', async (t) => {
    const desk = await signingDesk(t);
    const sockets = await Promise.all(
      Array.from(
        { length: 200 },
        () =>
          new Promise<{ isOpen: () => boolean; destroy: () => void }>((resolve) => {
            const socket = connect(desk.port, '127.0.0.1', () =>
              resolve({ isOpen: () => !closed, destroy: () => socket.destroy() }),
            );
            let closed = false;
            socket
              .on('error', () => undefined)
              .on('close', () => {
                closed = true;
              });
            socket.resume();
          }),
      ),
    );
    const soon = async (holds: () => boolean | Promise<boolean>) => {
      for (let tries = 0; !(await holds()); tries += 1) {
        assert.ok(tries < 200, 'it stays so');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    // The server drops a surplus connection right after it was made.
    await soon(() => sockets.filter(({ isOpen }) => isOpen()).length <= 64);
    for (const socket of sockets) socket.destroy();
    await soon(() =>
      new SigningPage(desk.port).open().then(
        () => true,
        () => false,
      ),
    );
  });

  test('receive at most 4 calls of a page at once', async (t) => {
    const desk = await signingDesk(t);
    const page = await desk.page();
    const sockets = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const socket = connect(desk.port, '127.0.0.1');
        t.after(async () => void socket.destroy());
        socket.write(
          `POST /signalr/send?transport=longPolling&connectionToken=${page.token} HTTP/1.1\r\nHost: localhost:${desk.port}\r\nOrigin: ${origin}\r\nContent-Length: 1000\r\n\r\ndata=`,
        );
        return socket;
      }),
    );
    for (let tries = 0; ; tries += 1) {
      const { status } = await page.invoke('sign', []);
      if (status === 429) break;
      assert.ok(tries < 200, 'the calls are counted');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const socket of sockets) socket.destroy();
    for (let tries = 0; (await page.invoke('sign', [])).status !== 200; tries += 1) {
      assert.ok(tries < 200, 'they are over');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
});

describe('another user of the machine', {
  skip: process.getuid?.() !== 0 && 'only root can act as another user',
}, () => {
  const runAs = (
    port: number,
    path: string,
    uid: number,
  ): Promise<{ status: number; body: Record<string, unknown> }> =>
    new Promise((resolve, reject) => {
      const script = `require('http').get({ host: '127.0.0.1', port: ${port}, path: '${path}', headers: { origin: '${origin}' } }, (a) => { let t = ''; a.on('data', (p) => { t += p; }).on('end', () => console.log(JSON.stringify({ status: a.statusCode, body: JSON.parse(t) }))); })`;
      execFile('node', ['-e', script], { uid, gid: uid, cwd: '/' }, (error, out) =>
        error ? reject(error) : resolve(JSON.parse(out)),
      );
    });

  test('finds no agent of theirs, and cannot connect to this one', async (t) => {
    const { port } = await signingDesk(t);
    const fault = await runAs(port, '/PRS/GetPortNumber', 65_534);
    assert.deepEqual(fault.body.faultException, {
      code: 'PR30007',
      message: 'Request failed due to unknown exception. Exception=Unable to find CM process for user',
    });
    const negotiate = '/signalr/negotiate?clientProtocol=2.1';
    assert.equal((await runAs(port, negotiate, 65_534)).status, 403);
    assert.equal((await runAs(port, negotiate, 0)).status, 200);
  });

  test('who listens at another address of a port keeps it from being used', async (t) => {
    const port = await freePort();
    await serveAsAnotherUser(t, { address: '127.0.0.2', port });
    const desk = await testDesk(t, {
      credentialManagement: true,
      credentialManagementTest: { ports: [port] },
    });
    assert.deepEqual(
      (await desk.call<Record<string, unknown>>('configuration')).credentialManagementPorts,
      [],
    );
  });
});
