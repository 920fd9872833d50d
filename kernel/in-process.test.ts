import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Answer, json, StreamAnswer, text } from './answer.ts';
import { catalogue } from './errors.ts';
import { createListener, type HttpRequest, type Listener, type Route } from './http.ts';
import { inProcess, pathHere } from './in-process.ts';
import { silentLog } from './log.ts';

const errors = catalogue('test', {
  forbidden: {
    code: 'forbidden',
    status: 403,
    description: 'Not for you.',
    actor: 'developer',
    expected: 'another caller',
    source: 'this test',
    fix: 'Try again.',
  },
});

/** Echoes the request. */
const told = async ({ method, path, query, headers, body }: HttpRequest): Promise<Answer> =>
  json(200, { method, path, query, body, who: headers['x-who'], type: headers['content-type'] });

const routes: Route[] = [
  { methods: ['GET'], path: '/things/:id', endpoint: told },
  { methods: ['GET'], path: '/things/newest', endpoint: async () => text(200, 'the newest') },
  { methods: ['POST'], path: '/things', endpoint: told },
  { methods: ['POST'], path: '/small', endpoint: told, bodyLimit: 10 },
  { methods: ['GET'], path: '/bytes', endpoint: async () => new Answer(200, {}, Buffer.from('é')) },
  { methods: ['GET'], path: '/a.b/*', endpoint: told },
  {
    methods: ['GET'],
    path: '/forbidden',
    endpoint: async () => {
      throw errors.forbidden('a private reason');
    },
  },
  { methods: ['GET'], path: '/never', endpoint: told },
];
const manners = {
  log: silentLog,
  before: ({ path }: HttpRequest) => (path === '/never' ? text(421, 'not here') : undefined),
};

describe('inProcess', () => {
  let listener: Listener;
  let origin = '';
  before(async () => {
    listener = createListener(routes, { name: 'test', ...manners });
    origin = `http://127.0.0.1:${await listener.listen(0)}`;
  });
  after(() => listener.close());
  const ask = inProcess(routes, manners);

  for (const [method, path, body] of [
    ['GET', '/things/1', ''],
    ['GET', '/things/a%2Fb?x=1&y=%20?z', ''],
    ['GET', '/things/newest', ''],
    ['GET', '/things/', ''],
    ['GET', '/things/1/2', ''],
    ['GET', '/things', ''],
    ['POST', '/things', '{"é":1}'],
    ['POST', '/things/1', '{}'],
    ['GET', '/bytes', ''],
    ['GET', '/a.b/c/d', ''],
    ['GET', '/aXb/c', ''],
    ['GET', '/forbidden', ''],
    ['GET', '/never', ''],
    ['GET', '/nowhere', ''],
  ] as const)
    test(`responds to ${method} ${path} as the listener does`, async () => {
      const headers = {
        'x-who': 'cis2',
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      };
      const posted = method === 'POST' ? { body } : {};
      const over = await fetch(origin + path, { method, headers, ...posted });
      assert.deepEqual(await ask(path, { method, headers, ...posted }), {
        status: over.status,
        body: await over.text(),
      });
    });

  test('refuses an oversized body as the listener does', async () => {
    for (const [path, size] of [
      ['/things', 65_537],
      ['/small', 11],
    ] as const) {
      const sent = { method: 'POST', body: 'x'.repeat(size) } as const;
      const over = await fetch(origin + path, sent);
      assert.equal(over.status, 413);
      assert.deepEqual(await ask(path, sent), { status: over.status, body: await over.text() });
    }
    assert.equal((await ask('/small', { method: 'POST', body: 'x'.repeat(10) })).status, 200);
  });

  test('shows endpoints the headers in turn too, for repeated ones', async () => {
    let raw: readonly string[] = [];
    const inside = inProcess(
      [{ methods: ['GET'], path: '/', endpoint: ({ rawHeaders }) => json(200, (raw = rawHeaders)) }],
      { log: silentLog },
    );
    await inside('/', { headers: { 'x-who': 'cis2', accept: '*/*' } });
    assert.deepEqual(raw, ['x-who', 'cis2', 'accept', '*/*']);
  });

  test('does not respond with a stream', async () => {
    const endless = inProcess(
      [{ methods: ['GET'], path: '/', endpoint: () => new StreamAnswer(200, {}, async function* () {}) }],
      { log: silentLog },
    );
    await assert.rejects(endless('/'), /needs a socket/);
  });

  test('returns the plain error for a fault of an endpoint, without the reason', async () => {
    const broken = inProcess(
      [{ methods: ['GET'], path: '/', endpoint: () => Promise.reject(new Error('a private reason')) }],
      { log: silentLog },
    );
    const { status, body } = await broken('/');
    assert.equal(status, 500);
    assert.ok(!body.includes('private'));
  });
});

describe('pathHere', () => {
  const here = { origin: 'http://localhost:8402', ask: inProcess(routes, manners) };
  test('returns the path and query at the origin of a service', () => {
    assert.equal(pathHere(here, 'http://localhost:8402/agent/exchange?x=1'), '/agent/exchange?x=1');
  });
  for (const address of [
    'http://localhost:84021/agent',
    'http://localhost:8402@evil.example/agent',
    'http://localhost:8402',
    'https://localhost:8402/agent',
    'http://localhost/agent',
  ])
    test(`returns no path for ${address}`, () => {
      assert.equal(pathHere(here, address), undefined);
    });
  test('returns no path without a service in this process', () => {
    assert.equal(pathHere(undefined, 'http://localhost:8402/agent'), undefined);
  });
});
