import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Answer, json, redirect, text } from './answer.ts';
import { ManualClock } from './clock.ts';
import { EventRecorder } from './events.ts';
import { createListener, everyMethod, type HttpRequest, type Listener } from './http.ts';
import { silentLog } from './log.ts';

describe('createListener', () => {
  let listener: Listener;
  let port = 0;
  let flushed = 0;
  const seen: HttpRequest[] = [];
  before(async () => {
    listener = createListener(
      [
        { methods: ['GET'], path: '/json', endpoint: async () => json(200, { a: 1 }) },
        { methods: ['GET'], path: '/redirect', endpoint: async () => redirect('https://example.test/') },
        {
          methods: ['GET'],
          path: '/cookies',
          endpoint: async () => text(200, 'x', { 'set-cookie': ['a=1', 'b=2'] }),
        },
        {
          methods: everyMethod,
          path: '/echo/*',
          endpoint: async (request) => {
            seen.push(request);
            return new Answer(200, { 'content-type': 'text/plain' }, request.body);
          },
        },
        {
          methods: ['GET'],
          path: '/broken',
          endpoint: async () => {
            throw new Error('a private reason');
          },
        },
      ],
      { name: 'test', log: silentLog, flush: async () => void flushed++ },
    );
    port = await listener.listen(0);
  });
  after(() => listener.close());

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init });

  /** Sends raw bytes that no HTTP library would send. */
  const raw = (lines: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(lines));
      let answer = '';
      socket.on('data', (part) => (answer += part.toString('latin1')));
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
      socket.setTimeout(5_000, () => socket.destroy());
    });

  test('sends the Content-Type exactly as the endpoint set it, and none without a body', async () => {
    assert.equal((await ask('/json')).headers.get('content-type'), 'application/json');
    const moved = await ask('/redirect');
    assert.equal(moved.headers.get('content-type'), null);
    assert.equal(moved.headers.get('location'), 'https://example.test/');
    assert.deepEqual((await ask('/cookies')).headers.getSetCookie(), ['a=1', 'b=2']);
  });

  test('passes path and query unchanged, and the body as text for every type', async () => {
    const answer = await ask('/echo/a%2Fb/..%2f?x=%20&x=?', {
      method: 'POST',
      body: 'ü',
      headers: { 'content-type': 'nonsense' },
    });
    assert.equal(await answer.text(), 'ü');
    const request = seen.at(-1);
    assert.equal(request?.path, '/echo/a%2Fb/..%2f');
    assert.equal(request?.query, 'x=%20&x=?');
    assert.equal(request?.headers['content-type'], 'application/octet-stream');
  });

  test('hides the reason of an unexpected error, and stores events before the response', async () => {
    const before = flushed;
    const answer = await ask('/broken');
    assert.equal(answer.status, 500);
    assert.doesNotMatch(await answer.text(), /private/);
    assert.equal(flushed, before + 1);
    assert.equal((await ask('/nowhere')).status, 404);
  });

  test('refuses bodies and headers over the limit early', async () => {
    const big = await ask('/echo/x', {
      method: 'POST',
      body: 'x'.repeat(70_000),
      headers: { 'content-type': 'text/plain' },
    });
    assert.equal(big.status, 413);
    const headers = await raw(
      `GET /json HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\nConnection: close\r\n\r\n`,
    );
    assert.match(headers, /^HTTP\/1\.1 4\d\d/);
  });

  test('refuses or closes smuggled requests and never passes them on', async () => {
    const before = seen.length;
    for (const lines of [
      'POST /echo/s HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /echo/s HTTP/1.1\r\nHost: a\r\n\r\n',
      'POST /echo/s HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
      'GET /echo/s HTTP/1.1\r\nHost : a\r\n\r\n',
      'GET /echo/s HTTP/1.1\r\n\r\n',
      'GET /echo/s HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n',
    ]) {
      const answer = await raw(lines);
      assert.match(answer, /^(HTTP\/1\.1 4\d\d|$)/, JSON.stringify(lines));
    }
    assert.equal(seen.length, before);
  });

  test('reports a port in use in one sentence', async () => {
    const other = createListener([], { name: 'other', log: silentLog });
    await assert.rejects(other.listen(port), /Port \d+ is in use, so other cannot start/);
    await other.close();
  });
});

test('redacts tokens and personal numbers in the logged path of a refused request', async () => {
  const paths: unknown[] = [];
  const note = (fields: Record<string, unknown>) => paths.push(fields.path);
  const log = { ...silentLog, info: note, error: note };
  const fails = async () => {
    throw new Error('a private reason');
  };
  const listener = createListener([{ methods: ['GET'], path: '/*', endpoint: fails }], { name: 'test', log });
  const port = await listener.listen(0);
  try {
    const token = 'Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA';
    for (const path of [
      `/invite/${token}`,
      '/personal-demographics/Patient/9000000009',
      '/.well-known/openid-configuration',
    ])
      await fetch(`http://127.0.0.1:${port}${path}`);
    assert.deepEqual(paths, [
      '/invite/…',
      '/personal-demographics/Patient/…',
      '/.well-known/openid-configuration',
    ]);
  } finally {
    await listener.close();
  }
});

test('fails only the request with events that cannot be stored, without the reason in the response', async () => {
  let isDown = false;
  const recorder = new EventRecorder(new ManualClock(0), {
    journeysOf: async () => new Map(),
    durable: () => undefined,
    async append() {
      if (isDown) throw new Error('a private reason');
    },
  });
  const listener = createListener(
    [
      { methods: ['GET'], path: '/quiet', endpoint: async () => json(200, {}) },
      {
        methods: ['GET'],
        path: '/recorded',
        async endpoint() {
          recorder.record({ keys: ['a'], from: 'cis', to: 'cis2', name: 'test' });
          return json(200, {});
        },
      },
    ],
    { name: 'test', log: silentLog, flush: () => recorder.flush() },
  );
  const port = await listener.listen(0);
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, body: await answer.text() };
  };
  try {
    isDown = true;
    const failed = await ask('/recorded');
    assert.equal(failed.status, 500);
    assert.ok(!failed.body.includes('private'));
    assert.equal((await ask('/quiet')).status, 200);
    isDown = false;
    assert.equal((await ask('/recorded')).status, 200);
  } finally {
    await listener.close();
  }
});
