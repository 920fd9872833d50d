import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as plainRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Answer, json, StreamAnswer, text } from './answer.ts';
import { Refusal } from './errors.ts';
import { createListener, type ErrorFormat, type HttpRequest, type Listener } from './http.ts';
import { Unavailable } from './kernel-errors.ts';
import { silentLog } from './log.ts';
import { route } from './route.ts';

/** Renders an error as its id. */
const own: ErrorFormat = (thrown) =>
  thrown instanceof Refusal ? json(thrown.entry.status, [thrown.entry.id]) : json(500, ['unexpected']);

const seen: HttpRequest[] = [];
const echo = (request: HttpRequest) => {
  seen.push(request);
  return text(200, request.body);
};

/** Chunks that a stream produced, and what it waits for. */
let produced = 0;
let gone: AbortSignal | undefined;

const routes = [
  ...route('/echo', { GET: { endpoint: echo, errors: own }, POST: { endpoint: echo, errors: own } }),
  ...route('/small', { POST: { endpoint: echo, errors: own, bodyLimit: 10 } }),
  ...route('/head', { HEAD: { endpoint: () => text(200, 'whole'), errors: own } }),
  ...route('/empty', {
    GET: { endpoint: () => new Answer(204, { 'content-type': 'text/plain' }, 'x'), errors: own },
  }),
  ...route('/unchanged', { GET: { endpoint: () => new Answer(304, { etag: '"1"' }), errors: own } }),
  ...route('/latin', { GET: { endpoint: () => text(200, 'é', { 'x-name': 'é' }), errors: own } }),
  ...route('/split', { GET: { endpoint: () => text(200, 'x', { 'x-name': 'a\nb' }), errors: own } }),
  ...route('/formatless', {
    GET: {
      endpoint: () => Promise.reject(new Error('a private reason')),
      errors: () => Promise.reject(new Error('another private reason')),
    },
  }),
  ...route('/formatless/storage', {
    GET: {
      endpoint: () => Promise.reject(new Unavailable('a private reason')),
      errors: () => Promise.reject(new Unavailable('another private reason')),
    },
  }),
  ...route('/stream', {
    GET: {
      endpoint: () =>
        new StreamAnswer(200, {}, async function* (signal) {
          gone = signal;
          for (; produced < 1_000 && !signal.aborted; produced++) yield 'x'.repeat(65_536);
        }),
      errors: own,
    },
  }),
  ...route('/stream/failing', {
    GET: {
      endpoint: () =>
        // biome-ignore lint/correctness/useYield: it fails before its first chunk.
        new StreamAnswer(200, {}, async function* () {
          throw new Error('a private reason');
        }),
      errors: own,
    },
  }),
  ...route('/stream/broken', {
    GET: {
      endpoint: () =>
        new StreamAnswer(200, {}, async function* () {
          yield 'first';
          throw new Error('a private reason');
        }),
      errors: own,
    },
  }),
];

describe('a listener on the wire', { timeout: 60_000 }, () => {
  let listener: Listener;
  let port = 0;
  const logged: Record<string, unknown>[] = [];
  const note = (fields: Record<string, unknown>) => void logged.push(fields);
  before(async () => {
    listener = createListener(routes, { name: 'test', log: { ...silentLog, info: note, error: note } });
    port = await listener.listen(0);
  });
  after(() => listener.close());
  beforeEach(() => {
    logged.length = 0;
    seen.length = 0;
    produced = 0;
  });

  async function open(bytes: string): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(bytes, 'latin1');
    return socket;
  }
  /** Sends bytes, and returns all that the listener sends until it closes the connection. */
  async function exchange(bytes: string): Promise<string> {
    const socket = await open(bytes);
    socket.on('error', () => undefined);
    let whole = '';
    for await (const part of socket.setEncoding('latin1')) whole += part;
    return whole;
  }
  const lines = (...head: string[]) => `${head.join('\r\n')}\r\n\r\n`;
  const post = (path: string, ...head: string[]) => lines(`POST ${path} HTTP/1.1`, 'Host: a', ...head);
  const get = (path: string, method = 'GET') =>
    lines(`${method} ${path} HTTP/1.1`, 'Host: a', 'Connection: close');

  const ambiguous: [string, string][] = [
    ['two Host headers', lines('GET /latin HTTP/1.1', 'Host: a', 'Host: b')],
    ['a Host header twice', lines('GET /latin HTTP/1.1', 'Host: a', 'hOST: a')],
    ['a Host header with a path', lines('GET /latin HTTP/1.1', 'Host: a/b')],
    ['a Host header with user information', lines('GET /latin HTTP/1.1', 'Host: a@b')],
    ['an authority that differs from Host', lines('GET http://b/latin HTTP/1.1', 'Host: a')],
    ['user information in the authority', lines('GET http://a@b/latin HTTP/1.1', 'Host: a')],
    ['HTTP/2.0', lines('GET /latin HTTP/2.0', 'Host: a')],
    ['HTTP/0.9', lines('GET /latin HTTP/0.9', 'Host: a')],
  ];
  for (const [name, bytes] of ambiguous)
    test(`refuses ${name}`, async () => assert.match(await exchange(bytes), /^HTTP\/1\.1 400 /));

  for (const host of ['a', 'A:80', '[::1]:8400', 'under_score.test', ''])
    test(`accepts the Host "${host}"`, async () => {
      const bytes = lines('GET /latin HTTP/1.1', `Host: ${host}`, 'Connection: close');
      assert.match(await exchange(bytes), /^HTTP\/1\.1 200 /);
    });

  test('removes the authority from the path of a target in absolute form', async () => {
    for (const target of ['http://A/latin?x', 'HTTP://a/latin'])
      assert.match(
        await exchange(lines(`GET ${target} HTTP/1.1`, 'Host: a', 'Connection: close')),
        /^HTTP\/1\.1 200 /,
      );
  });

  test('sends its headers once, in order, with the length of the body', async () => {
    const [head = '', body] = (await exchange(get('/latin'))).split('\r\n\r\n');
    assert.deepEqual(
      head.split('\r\n').map((line) => line.replace(/(?<=^(?:x-message-id|Date): ).*/, '…')),
      [
        'HTTP/1.1 200 OK',
        'cache-control: no-store',
        "content-security-policy: default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        'referrer-policy: no-referrer',
        'x-content-type-options: nosniff',
        'content-type: text/plain; charset=utf-8',
        'x-name: é',
        'x-message-id: …',
        'content-length: 2',
        'Date: …',
        'Connection: close',
      ],
    );
    assert.equal(body, Buffer.from('é').toString('latin1'));
  });

  test('sends neither a body nor a wrong length where HTTP forbids a body', async () => {
    const head = await exchange(get('/head', 'HEAD'));
    assert.match(head, /content-length: 5\r\n.*\r\n\r\n$/s);
    for (const path of ['/empty', '/unchanged'])
      assert.doesNotMatch(await exchange(get(path)), /content-(?:length|type): |\r\n\r\n./is);
    assert.match(await exchange(get('/echo', 'HEAD')), /^HTTP\/1\.1 405 /);
  });

  for (const [what, ...sent] of [
    ['a declared', '/echo', 'Content-Length: 65537', ''],
    ['a chunked', '/echo', 'Transfer-Encoding: chunked', `10001\r\n${'x'.repeat(65_537)}`],
    ["a route's declared", '/small', 'Content-Length: 11', ''],
    ["a route's chunked", '/small', 'Transfer-Encoding: chunked', 'b\r\n01234567890'],
  ] as const)
    test(`refuses ${what} body above the limit in the format of the route, without reading on`, async () => {
      const [path, head, body] = sent;
      const answer = await exchange(post(path, head) + body);
      assert.match(answer, /^HTTP\/1\.1 413 .*\r\nconnection: close\r\n.*\["kernel\.bodyTooLarge"\]$/s);
      assert.deepEqual(seen, []);
    });

  test('reads bodies up to the limit, in one part or in many', async () => {
    const whole = 'x'.repeat(65_536);
    const closing = 'Connection: close';
    assert.ok((await exchange(post('/echo', closing, 'Content-Length: 65536') + whole)).endsWith(whole));
    const chunks = '3\r\na\xc3\xa9\r\n1\r\nb\r\n0\r\n\r\n';
    await exchange(post('/echo', closing, 'Transfer-Encoding: chunked') + chunks);
    assert.deepEqual(seen.map(({ body }) => body).at(-1), 'aéb');
  });

  test('does not read the body of a method without a defined one', async () => {
    const pipelined = lines('GET /echo HTTP/1.1', 'Host: a', 'Content-Length: 3');
    const answer = await exchange(`${pipelined}abc${get('/echo')}`);
    assert.equal(answer.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
    assert.deepEqual(
      seen.map(({ body }) => body),
      ['', ''],
    );
  });

  const kept = (path: string) => lines(`GET ${path} HTTP/1.1`, 'Host: a');

  test('runs none of a hundred pipelined requests before the response before it is read', async () => {
    const echo = kept('/echo');
    const socket = await open(kept('/stream') + echo.repeat(100));
    // A response to a later request shows that they arrived.
    await exchange(get('/echo'));
    assert.equal(seen.length, 1);
    socket.destroy();
    await exchange(get('/echo'));
    assert.equal(seen.length, 2);
    const few = await exchange(echo.repeat(9) + get('/echo'));
    assert.equal(few.match(/HTTP\/1\.1 200 OK/g)?.length, 10);
  });

  test('ends a connection with more requests that wait', async () => {
    const socket = await open(kept('/stream') + kept('/echo').repeat(101));
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
    assert.equal(seen.length, 0);
  });

  test('invites the body of a caller that waits for it', async () => {
    const socket = await open(
      post('/echo', 'Connection: close', 'Expect: 100-continue', 'Content-Length: 3'),
    );
    const [invitation] = (await once(socket.setEncoding('latin1'), 'data')) as [string];
    assert.equal(invitation, 'HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('abc');
    let whole = '';
    for await (const part of socket) whole += part;
    assert.match(whole, /^HTTP\/1\.1 200 OK.*abc$/s);
  });

  test('runs no endpoint for a body that breaks off, and records it', async () => {
    const socket = await open(post('/echo', 'Content-Length: 10'));
    socket.write('abc');
    // A response to a later request shows that the first one arrived.
    await exchange(get('/echo'));
    seen.length = 0;
    socket.resetAndDestroy();
    while (logged.length === 0) await turn();
    assert.deepEqual(
      logged.map(({ error, detail }) => [error, detail]),
      [['kernel.requestMalformed', 'aborted']],
    );
    assert.deepEqual(seen, []);
  });

  test('responds in the format of the route where a header cannot be sent', async () => {
    const answer = await exchange(get('/split'));
    assert.match(answer, /^HTTP\/1\.1 500 Internal Server Error\r\n.*x-message-id: .*\["unexpected"\]$/s);
    assert.doesNotMatch(answer, /x-name/);
  });

  test('responds plainly where the format of the route fails', async () => {
    const answer = await exchange(get('/formatless'));
    assert.match(answer, /^HTTP\/1\.1 500 .*"error":"server_error"/s);
    assert.doesNotMatch(answer, /private/);
  });

  test('responds with 503 where storage fails the endpoint and the format of the route', async () => {
    const answer = await exchange(get('/formatless/storage'));
    assert.match(answer, /^HTTP\/1\.1 503 .*retry-after: 2\r\n.*"error":"temporarily_unavailable"/s);
    assert.doesNotMatch(answer, /private/);
  });

  test('sends a stream no faster than the client reads, and ends it with the connection', async () => {
    const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
      plainRequest({ port, path: '/stream' }, resolve).end(),
    );
    await once(response, 'readable');
    let before = -1;
    while (before !== produced) {
      before = produced;
      for (let turns = 0; turns < 100; turns++) await turn();
    }
    assert.ok(produced < 500, `${produced} chunks wait for the client`);
    response.destroy();
    if (!gone?.aborted) await once(gone as AbortSignal, 'abort');
  });

  test('responds in the format of the route to a stream that fails before its first chunk', async () => {
    assert.match(await exchange(get('/stream/failing')), /^HTTP\/1\.1 500 .*\["unexpected"\]$/s);
  });

  test('aborts a stream that fails later, so that it does not look complete', async () => {
    const answer = await exchange(get('/stream/broken'));
    assert.doesNotMatch(answer, /0\r\n\r\n$|private/);
    assert.deepEqual(
      logged.map(({ listener, reason }) => [listener, reason]),
      [['test', 'a private reason']],
    );
  });

  test('listens at every address of localhost', async () => {
    const named = createListener(routes, { name: 'named', log: silentLog });
    const there = await named.listen(0, 'localhost');
    try {
      const answers = [];
      for (const host of ['127.0.0.1', '::1']) {
        const socket = connect(there, host);
        socket.on('error', () => undefined).write(get('/echo'));
        let whole = '';
        try {
          for await (const part of socket.setEncoding('latin1')) whole += part;
        } catch (error) {
          // Machines without IPv6 lack the second.
          if (!/EADDRNOTAVAIL|ENETUNREACH|ECONNREFUSED/.test(String(error))) throw error;
        }
        answers.push(whole.slice(0, 12));
      }
      assert.ok(answers.includes('HTTP/1.1 200'));
    } finally {
      await named.close();
    }
  });
});
