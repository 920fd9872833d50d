import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { StreamAnswer } from './answer.ts';
import type { Refusal } from './errors.ts';
import { createListener, type Listener, plainError } from './http.ts';
import { kernelErrors } from './kernel-errors.ts';
import { type Log, silentLog } from './log.ts';
import { OpenResponses } from './open-responses.ts';
import { route } from './route.ts';

const refusal = kernelErrors.unavailable('the session has ended');

describe('an open response', () => {
  let listener: Listener;
  let port: number;
  let responses: OpenResponses<string>;
  /** What must end, or the failure of the check. */
  let ended: Set<string> | Error;
  let checks: number;
  /** Signals of the sources. */
  let gone: AbortSignal[];
  let logged: [level: string, message: string][];

  /** Sends this text after each that the source has sent, until its signal aborts. */
  const endless = (first: string | undefined, next?: string) =>
    responses.hold(
      new StreamAnswer(200, { 'content-type': 'text/plain' }, async function* (signal) {
        gone.push(signal);
        if (first !== undefined) yield first;
        while (next !== undefined && !signal.aborted) yield next;
        if (!signal.aborted) await once(signal, 'abort');
      }),
      'about',
    );

  beforeEach(async () => {
    ended = new Set();
    checks = 0;
    gone = [];
    logged = [];
    const log: Log = {
      ...silentLog,
      info: (_, message) => logged.push(['info', message]),
      warn: (_, message) => logged.push(['warn', message]),
      error: (_, message) => logged.push(['error', message]),
    };
    const findEnded = async (open: readonly string[]): Promise<ReadonlyMap<string, Refusal>> => {
      checks += 1;
      if (ended instanceof Error) throw ended;
      const found = open.filter((about) => (ended as Set<string>).has(about));
      return new Map(found.map((about) => [about, refusal]));
    };
    responses = new OpenResponses(findEnded, log, { every: 1, unchecked: 1 });
    const handler = (answer: () => StreamAnswer) => ({ endpoint: async () => answer(), errors: plainError });
    const routes = [
      ...route('/first', { GET: handler(() => endless('first')) }),
      ...route('/nothing', { GET: handler(() => endless(undefined)) }),
      ...route('/flood', { GET: handler(() => endless('x', 'x'.repeat(65_536))) }),
      ...route('/short', {
        GET: handler(() =>
          responses.hold(
            new StreamAnswer(200, {}, async function* () {
              yield 'short';
            }),
            'about',
          ),
        ),
      }),
    ];
    listener = createListener(routes, { name: 'test', log });
    port = await listener.listen(0);
  });
  afterEach(() => listener.close());

  const get = async (path: string): Promise<IncomingMessage> => {
    const [response] = await once(http.get({ port, path, agent: false }), 'response');
    return response as IncomingMessage;
  };
  const closed = (response: IncomingMessage) =>
    new Promise((resolve) => response.on('error', () => undefined).once('close', resolve));

  test('is cut off without looking complete, and its source ends', async () => {
    const response = await get('/first');
    assert.equal(String((await once(response, 'data'))[0]), 'first');
    ended = new Set(['about']);
    await closed(response.resume());
    assert.equal(response.complete, false);
    await listener.close();
    assert.equal(gone[0]?.aborted, true);
    assert.deepEqual(logged, [['info', 'a response was ended']]);
  });

  test('is cut off with a reset in HTTP/1.0, where the end of the connection would complete it', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /first HTTP/1.0\r\nHost: a\r\n\r\n');
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200 /);
    const failed = once(socket, 'error');
    ended = new Set(['about']);
    assert.equal((await failed)[0].code, 'ECONNRESET');
  });

  test('is cut off although its client does not read it', async () => {
    const request = http.get({ port, path: '/flood', agent: false });
    const [response] = await once(request, 'response');
    (response as IncomingMessage).pause();
    const [signal] = gone;
    assert.ok(signal);
    ended = new Set(['about']);
    if (!signal.aborted) await once(signal, 'abort');
    request.destroy();
  });

  test('becomes the refusal if nothing of it was sent', async () => {
    ended = new Set(['about']);
    const response = await get('/nothing');
    assert.equal(response.statusCode, 503);
    assert.match(await text(response), /temporarily_unavailable/);
  });

  test('is cut off if it cannot be checked for a while', async () => {
    const response = await get('/first');
    await once(response, 'data');
    ended = new Error('the database is gone');
    await closed(response.resume());
    assert.equal(response.complete, false);
    assert.deepEqual(logged[0], ['warn', 'open responses end, because they cannot be checked']);
  });

  test('that has ended is not checked any more', async () => {
    assert.equal(await text(await get('/short')), 'short');
    const before = checks;
    ended = new Set(['about']);
    assert.equal(await text(await get('/short')), 'short');
    assert.ok(checks - before <= 2, 'no timer remains');
    const open = await get('/first');
    await closed(open.resume());
    assert.equal(open.complete, false);
  });
});
