import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Answer, json } from './answer.ts';
import { Refusal } from './errors.ts';
import { createListener, type ErrorFormat, type HttpRequest, type Listener, type Route } from './http.ts';
import { inProcess } from './in-process.ts';
import { Unavailable } from './kernel-errors.ts';
import { silentLog } from './log.ts';
import { nothingHere } from './respond.ts';
import { anyMethod, readOnly, route, routeFinder, withoutMethodErrors } from './route.ts';

/** Renders an error as its id and its private reason. */
const own: ErrorFormat = async (thrown) =>
  thrown instanceof Refusal
    ? json(thrown.entry.status, [thrown.entry.id, thrown.detail])
    : json(500, ['unexpected', String(thrown)]);

const echo = async ({ params, path }: HttpRequest) => json(200, { params, path });
const card = async ({ params: { id, part } }: HttpRequest<{ id: string; part: string }>) =>
  json(200, { id, part });
const fails = (error: Error) => async () => Promise.reject(error);

const routes = [
  ...route('/cards', { GET: { endpoint: echo, errors: own }, POST: { endpoint: echo, errors: own } }),
  ...route('/cards/:id', { GET: { endpoint: echo, errors: own } }),
  ...route('/cards/newest', { POST: { endpoint: echo, errors: own } }),
  ...route('/cards/:id/parts/:part', { PUT: { endpoint: card, errors: own, bodyLimit: 10 } }),
  ...route('/raw', { GET: { endpoint: echo, errors: own, rawQuery: true } }),
  ...route('/down', { GET: { endpoint: fails(new Unavailable('no database')), errors: own } }),
  ...route('/broken', { GET: { endpoint: fails(new Error('a reason')), errors: own } }),
  ...route('/page', { ...readOnly({ endpoint: echo, errors: own }), POST: { endpoint: echo, errors: own } }),
  ...route('/all/*', anyMethod({ endpoint: echo, errors: own })),
  ...withoutMethodErrors(route('/quiet', { GET: { endpoint: echo, errors: own } })),
];

interface Expected {
  status: number;
  body: unknown;
  headers?: Record<string, string | null>;
}
const notAllowed = (allow: string): Expected => ({ status: 405, body: '', headers: { allow } });
const damaged = (where: string): Expected => ({
  status: 400,
  body: ['kernel.addressDamaged', `the percent-encoding of the ${where} is damaged`],
});
const nowhere: Expected = {
  status: 404,
  body: { error: 'not_found', error_description: 'There is nothing at this address.' },
};

const cases: [method: string, path: string, expected: Expected][] = [
  ['GET', '/cards', { status: 200, body: { params: {}, path: '/cards' } }],
  [
    'GET',
    '/cards/a%2Fb%2525',
    { status: 200, body: { params: { id: 'a/b%25' }, path: '/cards/a%2Fb%2525' } },
  ],
  ['PUT', '/cards/%C3%A9/parts/x', { status: 200, body: { id: 'é', part: 'x' } }],
  ['PUT', '/cards', notAllowed('GET, POST')],
  ['HEAD', '/cards/1', notAllowed('GET')],
  ['HEAD', '/page', { status: 200, body: '', headers: { 'content-type': 'application/json' } }],
  ['PUT', '/page', notAllowed('GET, HEAD, POST')],
  ['GET', '/cards/newest', { status: 200, body: { params: { id: 'newest' }, path: '/cards/newest' } }],
  ['DELETE', '/cards/newest', notAllowed('POST')],
  ['POST', '/quiet', nowhere],
  ['DELETE', '/all/of/it', { status: 200, body: { params: {}, path: '/all/of/it' } }],
  ['GET', '/%63ards', { status: 200, body: { params: {}, path: '/%63ards' } }],
  ['GET', '/cards%2F1', nowhere],
  ['GET', '/Cards', nowhere],
  ['GET', '/cards/', { status: 200, body: { params: { id: '' }, path: '/cards/' } }],
  ['GET', '/cards/%ff', damaged('path')],
  ['GET', '/cards/%', damaged('path')],
  ['GET', '/cards?a=%', damaged('query')],
  ['GET', '/raw?a=%', { status: 200, body: { params: {}, path: '/raw' } }],
  [
    'GET',
    '/down',
    { status: 503, body: ['kernel.unavailable', 'no database'], headers: { 'retry-after': '2' } },
  ],
  ['GET', '/broken', { status: 500, body: ['unexpected', 'Error: a reason'] }],
];

describe('route', () => {
  let listener: Listener;
  let origin = '';
  before(async () => {
    listener = createListener(routes, { name: 'test', log: silentLog });
    origin = `http://127.0.0.1:${await listener.listen(0)}`;
  });
  after(() => listener.close());
  const call = inProcess(routes, { log: silentLog });

  for (const [method, path, expected] of cases)
    test(`responds to ${method} ${path} with ${expected.status}`, async () => {
      const answer = await fetch(origin + path, { method });
      const text = await answer.text();
      // The parameter of a final * is not part of the interface.
      const body = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
      if (body.params) delete body.params['*'];
      assert.deepEqual([answer.status, body], [expected.status, method === 'HEAD' ? '' : expected.body]);
      for (const [name, value] of Object.entries(expected.headers ?? {}))
        assert.equal(answer.headers.get(name), value, name);
      if (method !== 'GET') return;
      const inside = await call(path);
      assert.equal(inside.status, expected.status);
      assert.deepEqual(JSON.parse(inside.body), expected.body);
    });

  test('renders an oversized body in the format of the route, before the endpoint', async () => {
    const sent = { method: 'PUT', body: 'x'.repeat(11), headers: { 'content-type': 'text/plain' } };
    const answer = await fetch(`${origin}/cards/1/parts/2`, sent);
    assert.deepEqual(
      [answer.status, await answer.json()],
      [413, ['kernel.bodyTooLarge', 'Request body is too large']],
    );
  });

  test('prefers a fixed part to a name and a name to *, part by part', () => {
    const paths = ['/a/*', '/:x/b', '/a/:y', '/a/b/c', '/a/:y/:z', '/a/b/:z'];
    const get = (path: string) => route(path, { GET: { endpoint: echo, errors: own } });
    const find = routeFinder(paths.flatMap(get));
    const found = (path: string) => {
      const { route, params } = find('GET', path);
      return [(route as Route).path, params];
    };
    assert.deepEqual(found('/a/b'), ['/a/:y', { y: 'b' }]);
    assert.deepEqual(found('/q/b'), ['/:x/b', { x: 'q' }]);
    assert.deepEqual(found('/a/b/c'), ['/a/b/c', {}]);
    assert.deepEqual(found('/a/b/d'), ['/a/b/:z', { z: 'd' }]);
    assert.deepEqual(found('/a/c/d'), ['/a/:y/:z', { y: 'c', z: 'd' }]);
    assert.deepEqual(found('/a/b/c/d'), ['/a/*', {}]);
    assert.deepEqual(found('/a/'), ['/a/:y', { y: '' }]);
    assert.equal(find('GET', '/a').route, nothingHere);
  });

  test('finds the route of an address with a fragment', () => {
    const find = routeFinder(route('/cards/:id', { GET: { endpoint: echo, errors: own } }));
    assert.deepEqual(find('GET', '/cards/1#part').params, { id: '1' });
    for (const address of ['ftp://other/cards/1', '*'])
      assert.equal(find('GET', address).route, nothingHere, address);
  });

  test('refuses two routes for the same method and path', () => {
    const card = withoutMethodErrors(route('/cards/:id', { GET: { endpoint: echo, errors: own } }));
    const other = withoutMethodErrors(route('/cards/:name', { GET: { endpoint: echo, errors: own } }));
    assert.throws(() => routeFinder([...card, ...other]), /Two routes serve GET \/cards\/:name\./);
  });

  test('rejects an endpoint with a parameter that the path lacks', () => {
    // @ts-expect-error The path has no parameter `part`.
    const [made] = route('/cards/:id', { GET: { endpoint: card, errors: own } });
    assert.equal(made?.path, '/cards/:id');
  });

  test('rejects a handler without an error format', () => {
    // @ts-expect-error The format is missing.
    const [made] = route('/x', { GET: { endpoint: async () => new Answer(200) } });
    assert.equal(made?.path, '/x');
  });

  test('types the parameters of a path below a variable base', () => {
    const base: string = '/base';
    assert.equal(route(`${base}/cards/:id/parts/:part`, { GET: { endpoint: card, errors: own } }).length, 2);
  });
});
