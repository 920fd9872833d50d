import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { linuxPeerUser, type PeerUser } from '@alongside/kernel/peer-user';
import { startConsole, type TestConsole } from '../testing/console.ts';
import type { Sent } from '../testing/request.ts';

const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

describe('the guard', () => {
  let console_: TestConsole;
  let own: string;
  before(async () => {
    console_ = await startConsole();
    own = `http://localhost:${console_.port}`;
  });
  after(() => console_.close());

  const state = '/api/v1/state';
  const requests: [what: string, path: string, sent: Sent, status: number, error?: string][] = [
    ['its own name', state, { headers: { host: 'console.test' } }, 200],
    ['a rebound name', state, { headers: { host: 'evil.test' } }, 421, 'wrong_host'],
    ['a rebound name at the page', '/', { headers: { host: 'evil.test' } }, 421, 'wrong_host'],
    ['a rebound name at health', '/healthz', { headers: { host: 'evil.test' } }, 421, 'wrong_host'],
    ['a rebound name at an unknown path', '/nothing', { headers: { host: 'evil.test' } }, 421, 'wrong_host'],
    ['its own name with another port', state, { headers: { host: 'localhost:1' } }, 421, 'wrong_host'],
    ['its own name in capitals', state, { headers: { host: 'CONSOLE.TEST' } }, 421, 'wrong_host'],
    ['a foreign origin', state, { headers: { origin: 'http://evil.test' } }, 403, 'foreign_origin'],
    ['an opaque origin', state, { headers: { origin: 'null' } }, 403, 'foreign_origin'],
    [
      'https in place of http',
      state,
      { headers: { host: 'console.test', origin: 'https://console.test' } },
      403,
      'foreign_origin',
    ],
    ['its own origin', state, { headers: { host: 'console.test', origin: 'http://console.test' } }, 200],
    ['the same site', state, { headers: { 'sec-fetch-site': 'same-site' } }, 403, 'cross_site'],
    ['another site', state, { headers: { 'sec-fetch-site': 'cross-site' } }, 403, 'cross_site'],
    ['its own page', state, { headers: { 'sec-fetch-site': 'same-origin' } }, 200],
    ['an address that the user types', state, { headers: { 'sec-fetch-site': 'none' } }, 200],
    [
      'a link from another site to the page',
      '/',
      { headers: { 'sec-fetch-site': 'cross-site', ...navigation } },
      200,
    ],
    [
      'a link from another site to the API',
      state,
      { headers: { 'sec-fetch-site': 'cross-site', ...navigation } },
      403,
      'cross_site',
    ],
    [
      'the page in a frame',
      '/',
      {
        headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      },
      403,
      'cross_site',
    ],
    [
      'the page by fetch',
      '/',
      { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' } },
      403,
      'cross_site',
    ],
  ];
  for (const [what, path, sent, status, error] of requests) {
    test(`answers ${status} to ${what}`, async () => {
      const answer = await console_.send(path, sent);
      assert.equal(answer.status, status);
      if (error) assert.equal(answer.body.error, error);
    });
  }

  describe('on a machine with several users', () => {
    const uid = process.getuid?.() ?? 0;
    let owner = uid;
    let development: TestConsole;
    let production: TestConsole;
    const peerUser = {
      isOurs: (from: Parameters<PeerUser['isOurs']>[0]): Promise<boolean> =>
        linuxPeerUser(development.port, owner).isOurs(from),
    };
    before(async () => {
      development = await startConsole({ peerUser });
      production = await startConsole({ peerUser, development: false });
    });
    after(() => Promise.all([development.close(), production.close()]));

    for (const path of [state, '/', '/healthz', '/nothing'])
      test(`serves ${path} only to the user who started the console`, async () => {
        owner = uid;
        assert.notEqual((await development.send(path)).status, 403);
        owner = uid + 1;
        const answer = await development.send(path);
        assert.deepEqual([answer.status, answer.body.error], [403, 'another_user']);
      });

    test('refuses a write of another user', async () => {
      owner = uid + 1;
      assert.equal((await development.send('/api/v1/reset', { method: 'POST' })).status, 403);
      assert.equal(development.resets(), 0);
    });

    test('allows a proxy of another user in production', async () => {
      owner = uid + 1;
      assert.equal((await production.send(state)).status, 401);
    });
  });

  test('refuses its own origin under another of its names', async () => {
    const answer = await console_.send(state, {
      headers: { host: `127.0.0.1:${console_.port}`, origin: own },
    });
    assert.equal(answer.status, 403);
  });

  test('refuses two Host headers', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(console_.port, '127.0.0.1');
      let received = '';
      socket.on('data', (piece) => {
        received += piece.toString();
      });
      socket.on('end', () => resolve(received));
      socket.on('error', reject);
      socket.write(
        `GET ${state} HTTP/1.1\r\nHost: console.test\r\nHost: evil.test\r\nConnection: close\r\n\r\n`,
      );
    });
    assert.match(text, /^HTTP\/1\.1 4\d\d /);
  });

  const writes: [what: string, sent: Sent, status: number][] = [
    [
      'as a form',
      { method: 'POST', text: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
    ],
    ['as plain text', { method: 'POST', text: '{}', headers: { 'content-type': 'text/plain' } }, 415],
    ['without a type', { method: 'POST', text: '{}' }, 415],
    [
      'as a merge patch without PATCH',
      { method: 'POST', text: '{}', headers: { 'content-type': 'application/merge-patch+json' } },
      415,
    ],
    [
      'as multipart without a body',
      { method: 'POST', headers: { 'content-type': 'multipart/form-data' } },
      415,
    ],
    ['with a foreign origin', { method: 'POST', json: {}, headers: { origin: 'http://evil.test' } }, 403],
    [
      'as JSON',
      { method: 'POST', text: '{}', headers: { 'content-type': 'Application/JSON; charset=utf-8' } },
      200,
    ],
    ['without type and body', { method: 'POST' }, 200],
  ];
  for (const [what, sent, status] of writes) {
    test(`answers ${status} to a write ${what}`, async () => {
      const resets = console_.resets();
      const answer = await console_.send('/api/v1/reset', sent);
      assert.equal(answer.status, status);
      assert.equal(
        console_.resets() - resets,
        status === 200 ? 1 : 0,
        'nothing happens unless it is answered with 200',
      );
    });
  }

  test('accepts the media type of a merge patch', async () => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const answer = await console_.send('/api/v1/applications/demo-combined', {
      method: 'PATCH',
      text: '{}',
      headers,
    });
    assert.equal(answer.status, 200);
  });

  test('never allows another origin to read a response', async () => {
    const answer = await console_.send(state, {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'GET' },
    });
    assert.equal(answer.status, 404);
    assert.deepEqual(
      Object.keys(answer.headers).filter((name) => name.startsWith('access-control')),
      [],
    );
  });

  test('refuses a body of more than 64 KiB', async () => {
    const answer = await console_.send('/api/v1/reset', {
      method: 'POST',
      text: ' '.repeat(70_000),
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(answer.status, 413);
  });
});

describe('the console in production', () => {
  let console_: TestConsole;
  before(async () => {
    console_ = await startConsole({ development: false });
  });
  after(() => console_.close());

  for (const [method, path] of [
    ['GET', '/api/v1/state'],
    ['GET', '/api/v1/openapi.json'],
    ['POST', '/api/v1/reset'],
    ['GET', '/api/v1/nothing'],
    ['GET', '/api'],
    ['GET', '/'],
  ] as const) {
    test(`requires an administrator for ${method} ${path}`, async () => {
      const answer = await console_.send(path, { method });
      assert.equal(answer.status, 401);
      assert.ok(answer.headers['www-authenticate']);
      assert.match(answer.text, /administrator must sign in/);
      assert.doesNotMatch(answer.text, /demo-combined/);
    });
  }
});
