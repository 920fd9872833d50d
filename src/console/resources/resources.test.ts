import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { createListener, type Listener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { startConsole, startTime, type TestConsole } from '../console.fixture.ts';

let console_: TestConsole;
const api = (method: string, path: string, body?: unknown, headers = {}) =>
  console_.send(`/api/v1${path}`, { method, json: body, headers });

before(async () => {
  console_ = await startConsole();
});
after(() => console_.close());

describe('/state and health', () => {
  test('says what runs and where', async () => {
    const { body, headers } = await api('GET', '/state');
    const { cis2: _, ...urls } = console_.urls;
    assert.deepEqual(body, {
      version: '1.2.3',
      urls: { ...urls, cis2Issuer: 'http://cis2.test/issuer' },
      clock: { now: new Date(startTime).toISOString(), offsetSeconds: 0 },
      database: 'SQLite in memory',
    });
    assert.equal(headers['cache-control'], 'no-store');
  });

  test('is alive and ready', async () => {
    for (const path of ['/healthz', '/readyz'])
      assert.deepEqual((await console_.send(path)).body, { status: 'ok' });
  });

  test('an unknown address, method, parameter or damaged part is refused', async () => {
    assert.equal((await api('GET', '/nothing')).status, 404);
    assert.equal((await api('PUT', '/state', {})).status, 404);
    assert.equal((await api('GET', '/state?x=1')).status, 400);
    assert.equal((await api('GET', '/events?since=1&since=2')).body.field, 'since');
    assert.equal((await api('GET', '/events?since=x')).body.field, 'since');
    assert.equal((await api('GET', '/applications/%E0%A4%A')).status, 400);
  });
});

describe('/clock', () => {
  let told: unknown[];
  let cis: Listener;
  let moving: TestConsole;
  before(async () => {
    cis = createListener(
      [
        {
          methods: ['POST'],
          path: '/clock-moved',
          endpoint: async ({ body, headers }) => {
            told.push([headers.authorization, JSON.parse(body)]);
            return json(200, {});
          },
        },
      ],
      { name: 'cis', log: silentLog },
    );
    const port = await cis.listen(0);
    moving = await startConsole({ cis: { url: `http://127.0.0.1:${port}`, secret: 'of-the-console' } });
  });
  after(async () => {
    await moving.close();
    await cis.close();
  });
  beforeEach(async () => {
    told = [];
    await moving.send('/api/v1/clock', { method: 'DELETE' });
    told = [];
  });
  const clock = (method: string, body?: unknown) => moving.send('/api/v1/clock', { method, json: body });

  test('moves by seconds, for every process and CIS', async () => {
    const { status, body } = await clock('PUT', { advance: 90.5 });
    assert.equal(status, 200);
    assert.deepEqual(body, { now: new Date(startTime + 90_500).toISOString(), offsetSeconds: 90.5 });
    assert.deepEqual((await clock('GET')).body, body);
    assert.equal(await moving.settings.get('clock.offset'), '90500');
    assert.equal(moving.clock.now(), startTime + 90_500);
    assert.deepEqual(told, [['Bearer of-the-console', { bySeconds: 90.5 }]]);
  });

  test('moves on from where it is, to a moment, and back', async () => {
    await clock('PUT', { advance: 60 });
    assert.equal((await clock('PUT', { advance: -10 })).body.offsetSeconds, 50);
    assert.equal((await clock('PUT', { set: '2030-01-01T00:00:00Z' })).body.now, '2030-01-01T00:00:00.000Z');
    assert.equal((await clock('DELETE')).body.offsetSeconds, 0);
    assert.equal(await moving.settings.get('clock.offset'), '0');
    assert.deepEqual(told.length, 4);
  });

  for (const body of [
    {},
    { advance: 1, set: '2030-01-01T00:00:00Z' },
    { advance: '1' },
    { set: 'tomorrow' },
    { advance: 1e12 },
    { jump: 1 },
  ])
    test(`${JSON.stringify(body)} is refused`, async () => {
      assert.equal((await clock('PUT', body)).status, 400);
      assert.equal(moving.clock.offset, 0);
    });

  test('says so when CIS could not be told', async () => {
    const { status, body } = await api('PUT', '/clock', { advance: 5 });
    assert.equal(status, 200);
    assert.match(String(body.warnings), /CIS does not answer/);
    await api('DELETE', '/clock');
  });
});

describe('/faults', () => {
  test('there is none yet, and an unknown one is not found', async () => {
    assert.deepEqual((await api('GET', '/faults')).body, { faults: [] });
    assert.equal((await api('PUT', '/faults/slow', { probability: 1 })).body.error, 'unknown_fault');
    assert.equal((await api('DELETE', '/faults/slow')).status, 404);
    assert.equal((await api('PUT', '/faults/slow', { chance: 1 })).status, 400);
  });
});

describe('/keys', () => {
  type Key = { service: string; kid: string; state: string; signsFrom: string };
  const keysOf = async (service: string) =>
    ((await api('GET', '/keys')).body.keys as Key[]).filter((key) => key.service === service);

  test('are shown without their private parts', async () => {
    await console_.keys.cis2.ensure('RS256');
    const { text } = await api('GET', '/keys');
    assert.match(text, /"service":"cis2".*"state":"signing"/);
    assert.doesNotMatch(text, /PRIVATE|"d":/);
  });

  test('rotate at once', async () => {
    const [before_] = await keysOf('cis2');
    const { status, body } = await api('POST', '/keys/cis2/rotate', { now: true });
    assert.equal(status, 200);
    const states = (body.keys as Key[]).map(({ kid, state }) => [kid === before_?.kid, state]);
    assert.deepEqual(states.sort(), [
      [false, 'signing'],
      [true, 'verifying'],
    ]);
  });

  test('rotate by the schedule', async () => {
    await console_.keys.authorisation.ensure('RS512');
    await api('POST', '/keys/authorisation/rotate');
    assert.deepEqual((await keysOf('authorisation')).map(({ state }) => state).sort(), [
      'announced',
      'signing',
    ]);
    assert.equal((await api('POST', '/keys/authorisation/rotate', { when: 'now' })).status, 400);
  });

  test('of an unknown service are not found', async () => {
    assert.equal((await api('POST', '/keys/gateway/rotate', {})).status, 404);
    assert.equal((await api('POST', '/keys/__proto__/rotate', {})).status, 404);
  });
});

describe('/products', () => {
  test('are made, shown, changed and removed', async () => {
    const made = await api('POST', '/products', {
      name: 'mine',
      apis: ['hello-world', 'oauth2'],
      scopes: ['any scope', 'any scope'],
    });
    assert.equal(made.status, 201);
    assert.deepEqual(made.body, {
      name: 'mine',
      apis: ['hello-world', 'oauth2'],
      scopes: ['any scope', 'any scope'],
      limits: {},
    });
    const etag = made.headers.etag ?? '';
    const limits = { quota: { limit: 5, timeunit: 'minute' }, spikeArrest: { ratelimit: '5ps' } };
    const changed = await api('PATCH', '/products/mine', { limits, scopes: [] }, { 'if-match': etag });
    assert.equal(changed.status, 200);
    assert.deepEqual(changed.body.limits, {
      quota: { enabled: true, limit: 5, interval: 1, timeunit: 'minute' },
      spikeArrest: { enabled: true, ratelimit: '5ps' },
    });
    assert.deepEqual(changed.body.apis, ['hello-world', 'oauth2']);
    assert.equal((await api('PATCH', '/products/mine', {}, { 'if-match': etag })).status, 412);
    assert.equal((await api('DELETE', '/products/mine', undefined, { 'if-match': etag })).status, 412);
    assert.deepEqual((await api('GET', '/products/mine')).body, changed.body);
    assert.equal((await api('DELETE', '/products/mine')).status, 204);
    assert.equal((await api('GET', '/products/mine')).status, 404);
    assert.equal((await api('PATCH', '/products/mine', {})).status, 404);
  });

  test('null lifts the limits, at first and later', async () => {
    assert.equal((await api('POST', '/products', { name: 'lifted', limits: null })).body.limits, null);
    await api('POST', '/products', { name: 'later' });
    assert.equal((await api('PATCH', '/products/later', { limits: null })).body.limits, null);
    assert.equal((await api('PATCH', '/products/later', { scopes: ['x'] })).body.limits, null);
  });

  test('the seeded ones hold the authorisation service', async () => {
    const { products } = (await api('GET', '/products')).body as {
      products: { name: string; apis: string[] }[];
    };
    for (const name of [
      'personal-demographics-service',
      'personal-demographics-service-application-restricted',
      'hello-world',
      'canary-api',
    ])
      assert.deepEqual(products.find((product) => product.name === name)?.apis.slice(1), [
        'oauth2',
        'oauth2-mock',
        'oauth2.1',
      ]);
  });

  const wrong: [object, string][] = [
    [{}, 'name'],
    [{ name: 'a b' }, 'name'],
    [{ name: 'x', apis: ['/hello-world'] }, 'apis.0'],
    [{ name: 'x', limits: { quota: { limit: -1, timeunit: 'minute' } } }, 'limits.quota.limit'],
    [{ name: 'x', limits: { spikeArrest: { ratelimit: '5 ps' } } }, 'limits.spikeArrest.ratelimit'],
    [{ name: 'x', limits: { rate: 1 } }, 'limits'],
  ];
  for (const [body, field] of wrong)
    test(`${JSON.stringify(body)} is refused`, async () => {
      const answer = await api('POST', '/products', body);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.field, field);
    });

  test('a name is taken once and stays', async () => {
    assert.equal((await api('POST', '/products', { name: 'hello-world' })).status, 409);
    assert.equal((await api('PATCH', '/products/hello-world', { name: 'other' })).body.field, 'name');
  });
});

describe('/tokens/inspect', () => {
  const record = {
    family: 'f',
    applicationId: 'demo-combined',
    clientId: 'c',
    uid: '656005750108',
    sid: null,
    scope: 'a b',
    attributes: { auth_type: 'user', auth_level: 'aal3', auth_user_id: '656005750108', id_token: 'sealed' },
    issuedAt: startTime,
    expiresAt: startTime + 1,
  };

  test('tells scope and attributes, and nothing that is sealed', async () => {
    await console_.database.run(
      console_.tokens.issuing('token-1', { ...record, kind: 'access', issuer: 'http://api.test/oauth2' }),
    );
    assert.deepEqual((await api('POST', '/tokens/inspect', { token: 'token-1' })).body, {
      scope: 'a b',
      attributes: { auth_type: 'user', auth_level: 'aal3', auth_user_id: '656005750108' },
    });
  });

  test('knows neither refresh tokens, nor those of CIS2, nor others', async () => {
    await console_.database.run(
      console_.tokens.issuing('token-2', { ...record, kind: 'refresh', issuer: 'http://api.test/oauth2' }),
    );
    await console_.database.run(
      console_.tokens.issuing('token-3', { ...record, kind: 'access', issuer: 'http://cis2.test/issuer' }),
    );
    for (const token of ['token-2', 'token-3', 'token-4']) {
      const answer = await api('POST', '/tokens/inspect', { token });
      assert.deepEqual([answer.status, answer.body.error], [404, 'unknown_token']);
      assert.doesNotMatch(answer.text, new RegExp(token));
    }
    assert.equal((await api('POST', '/tokens/inspect', { token: '' })).status, 400);
  });
});

describe('/audit', () => {
  test('has every change by its number', async () => {
    const all = (await api('GET', '/audit')).body.records as {
      seq: number;
      action: string;
      previous: string;
      hash: string;
    }[];
    assert.ok(all.some(({ action }) => action === 'keys.rotated'));
    const last = all.at(-1)?.seq ?? 0;
    assert.deepEqual((await api('GET', `/audit?since=${last}`)).body, { records: [] });
    assert.deepEqual((await api('GET', `/audit?since=${last - 1}`)).body, { records: all.slice(-1) });
    assert.equal(await console_.audit.firstBreak(), undefined);
  });
});

describe('/reset without neighbours', () => {
  test('resets storage and clock and says what it could not reach', async () => {
    await api('PUT', '/clock', { advance: 3600 });
    const { status, body } = await api('POST', '/reset');
    assert.equal(status, 200);
    assert.equal(body.reset, true);
    assert.match(String(body.warnings), /CIS does not answer.*cards were not reset/);
    assert.equal(console_.resets(), 1);
    assert.equal(console_.clock.offset, 0);
  });
});

describe('without neighbours', () => {
  for (const [method, path, body] of [
    ['GET', '/cards'],
    ['PATCH', '/cards/gp', { locked: true }],
    ['DELETE', '/cards/gp'],
    ['GET', '/readers/0'],
    ['PUT', '/readers/0/card', { card: 'gp' }],
    ['DELETE', '/readers/0/card'],
    ['GET', '/agent'],
    ['POST', '/agent/pin', { pin: '123456' }],
    ['POST', '/agent/role', { roleId: '1' }],
    ['DELETE', '/agent/session'],
  ] as const)
    test(`${method} ${path}: the agent is unreachable`, async () => {
      const answer = await api(method, path, body);
      assert.deepEqual([answer.status, answer.body.error], [503, 'agent_unreachable']);
    });

  for (const [method, path, body] of [
    ['GET', '/people'],
    ['POST', '/people', {}],
    ['GET', '/people/656005750108'],
    ['PATCH', '/people/gp', {}],
    ['DELETE', '/people/656005750108'],
    ['GET', '/people/gp/userinfo'],
    ['POST', '/cards', { person: 'gp' }],
  ] as const)
    test(`${method} ${path}: CIS is unreachable`, async () => {
      const answer = await api(method, path, body);
      assert.deepEqual([answer.status, answer.body.error], [503, 'cis_unreachable']);
    });
});

describe('/openapi.json', () => {
  test('describes each call with its schemas', async () => {
    const { body } = await api('GET', '/openapi.json');
    const document = body as {
      openapi: string;
      servers: { url: string }[];
      paths: Record<
        string,
        Record<
          string,
          {
            parameters: { name: string }[];
            requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
          }
        >
      >;
    };
    assert.equal(document.openapi, '3.1.0');
    assert.deepEqual(document.servers, [{ url: 'http://console.test/api/v1' }]);
    const pin = document.paths['/agent/pin']?.post?.requestBody?.content['application/json']?.schema;
    assert.deepEqual(pin?.required, ['pin']);
    assert.deepEqual(
      document.paths['/events']?.get?.parameters.map(({ name }) => name),
      ['journey', 'since'],
    );
    assert.deepEqual(
      document.paths['/keys/{service}/rotate']?.post?.parameters.map(({ name }) => name),
      ['service'],
    );
    const paths = Object.keys(document.paths);
    for (const path of [
      '/state',
      '/reset',
      '/people/{uid}',
      '/cards/{serial}',
      '/readers/0/card',
      '/applications/{id}/approve',
      '/products/{name}',
      '/clock',
      '/faults/{name}',
      '/audit',
      '/tokens/inspect',
      '/openapi.json',
    ])
      assert.ok(paths.includes(path), path);
    const ids = Object.values(document.paths)
      .flatMap((item) => Object.values(item) as unknown as { operationId: string }[])
      .map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
  });
});
