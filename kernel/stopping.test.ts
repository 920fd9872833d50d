import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { json, StreamAnswer } from './answer.ts';
import { createListener, type Listener, type ListenerOptions } from './http.ts';
import { silentLog } from './log.ts';

/** Longer than the time-out of a test. */
const never = 600_000;

describe('a listener that stops', { timeout: 60_000 }, () => {
  let listener: Listener;
  let port: number;
  /** Responds to the request at `/slow`. */
  let answer: () => void;
  let arrived: Promise<void>;
  let logged: Record<string, unknown>[];

  async function start(options: Partial<ListenerOptions> = {}): Promise<void> {
    let arrive: () => void;
    arrived = new Promise((resolve) => {
      arrive = resolve;
    });
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    logged = [];
    listener = createListener(
      [
        { methods: ['GET'], path: '/', endpoint: async () => json(200, {}) },
        { methods: ['POST'], path: '/body', endpoint: async () => json(200, {}) },
        {
          methods: ['GET'],
          path: '/slow',
          async endpoint() {
            arrive();
            await slow;
            return json(200, {});
          },
        },
        {
          methods: ['GET'],
          path: '/stream',
          endpoint: async () =>
            new StreamAnswer(200, {}, async function* (gone) {
              yield 'first';
              await once(gone, 'abort');
              yield 'last';
            }),
        },
      ],
      { name: 'test', log: { ...silentLog, warn: (fields) => void logged.push(fields) }, ...options },
    );
    port = await listener.listen(0);
  }
  /** Callers of a test: one that fails would leave them open, and the process would never end. */
  const callers: { destroy(): unknown }[] = [];
  beforeEach(() => start());
  afterEach(async () => {
    answer();
    for (const caller of callers.splice(0)) caller.destroy();
    await listener.close(never);
  });

  const agent = () => {
    const caller = new Agent({ keepAlive: true, maxSockets: 1 });
    callers.push(caller);
    return caller;
  };
  async function ask(path: string, through: Agent): Promise<IncomingMessage> {
    const [response] = (await once(get({ port, path, agent: through }), 'response')) as [IncomingMessage];
    return response;
  }
  async function open(bytes = ''): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    callers.push(socket);
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  }

  test('keeps connections until it drains, then closes each after its response and still serves', async () => {
    const caller = agent();
    const kept = await ask('/', caller);
    kept.resume();
    assert.equal(kept.headers.connection, 'keep-alive');
    await once(kept, 'end');
    listener.drain();
    for (let call = 0; call < 2; call++) {
      const response = await ask('/', caller);
      response.resume();
      assert.deepEqual([response.statusCode, response.headers.connection], [200, 'close']);
      await once(response, 'close');
    }
    await listener.close();
  });

  test('lets a request in flight finish', async () => {
    const response = ask('/slow', agent());
    await arrived;
    const closed = listener.close(never);
    answer();
    assert.deepEqual([(await response).statusCode, (await response).headers.connection], [200, 'close']);
    await closed;
  });

  test('waits for a request whose client has left', async () => {
    const socket = await open('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await arrived;
    socket.destroy();
    await once(socket, 'close');
    let isClosed = false;
    const closed = listener.close(never).then(() => {
      isClosed = true;
    });
    await once(listener.server, 'close');
    await turn();
    assert.equal(isClosed, false);
    answer();
    await closed;
  });

  test('ends idle connections, kept or silent', async () => {
    const kept = await ask('/', agent());
    kept.resume();
    await once(kept, 'end');
    const silent = await open();
    const ended = once(silent, 'close');
    // The silent connection has certainly arrived once a later one got its response.
    (await ask('/', agent())).resume();
    await listener.close(never);
    await ended;
  });

  test('answers a connection that was accepted before, and whose request arrives after the end began', async () => {
    const accepted = await open();
    (await ask('/', agent())).resume();
    const closed = listener.close(never);
    accepted.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await text(accepted), /^HTTP\/1\.1 200 /);
    await closed;
  });

  test('ends streams', async () => {
    const response = await ask('/stream', agent());
    const whole = text(response);
    await listener.close(never);
    assert.match(await whole, /^first/);
  });

  test('cuts off requests that exceed the time limit', async () => {
    const cut = assert.rejects(ask('/slow', agent()), { code: 'ECONNRESET' });
    await arrived;
    const dripping = await open('POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx');
    const ended = once(dripping, 'close');
    await text(await ask('/', agent()));
    // Enough to close the idle connection.
    await listener.close(500);
    await cut;
    await ended;
    assert.deepEqual(logged, [{ listener: 'test', cut: 2 }]);
  });

  test('ends the connection of a client that got 408 and never closes its side', async () => {
    await listener.close();
    await start({ timeouts: { headers: 20, request: 20, check: 10, linger: 10 } });
    const accepted = once(listener.server, 'connection');
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const [served] = (await accepted) as [Socket];
    const closed = once(served, 'close');
    assert.match(await text(socket), /^HTTP\/1\.1 408 /);
    await closed;
    socket.destroy();
  });

  for (const [what, bytes] of [
    ['headers', 'GET / HTTP/1.1\r\nHost: a\r\nX-'],
    ['a body', 'POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx'],
  ] as const)
    test(`returns 408 for ${what} that do not end in time, and closes the connection`, async () => {
      await listener.close();
      await start({ timeouts: { headers: 20, request: 20, check: 10 } });
      assert.match(await text(await open(bytes)), /^HTTP\/1\.1 408 /);
      await listener.close(never);
    });
});
