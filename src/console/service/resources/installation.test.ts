import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startConsole, startTime, type TestConsole } from '../../testing/console.ts';

let console_: TestConsole;

before(async () => {
  console_ = await startConsole();
});
after(() => console_.close());

describe('/state', () => {
  test('returns version, addresses, clock and database', async () => {
    const { body, headers } = await console_.api('GET', '/state');
    const { cis2: _, ...urls } = console_.urls;
    assert.deepEqual(body, {
      version: '1.2.3',
      urls: { ...urls, cis2Issuer: 'http://cis2.test/issuer' },
      agentSocket: null,
      clock: { now: new Date(startTime).toISOString(), offsetSeconds: 0, frozen: false },
      database: 'SQLite in memory',
    });
    assert.equal(headers['cache-control'], 'no-store');
  });

  test('refuses unknown paths, methods and parameters, and damaged percent-encoding', async () => {
    assert.equal((await console_.api('GET', '/nothing')).status, 404);
    assert.equal((await console_.api('PUT', '/state', {})).status, 404);
    assert.equal((await console_.api('GET', '/state?x=1')).status, 400);
    assert.equal((await console_.api('GET', '/events?since=1&since=2')).body.field, 'since');
    assert.equal((await console_.api('GET', '/events?since=x')).body.field, 'since');
    assert.equal((await console_.api('GET', '/applications/%E0%A4%A')).status, 400);
  });
});

describe('/faults', () => {
  test('switches a fault on and off and refuses unknown faults', async () => {
    const shown = async () => (await console_.api('GET', '/faults')).body;
    const off = {
      name: 'test-fault',
      summary: 'something is wrong',
      state: null,
      topic: 'Others',
      journeys: [],
    };
    assert.deepEqual(await shown(), { faults: [off] });
    assert.deepEqual((await console_.api('PUT', '/faults/test-fault', { next: 2 })).body, {
      name: 'test-fault',
      state: { next: 2 },
    });
    assert.deepEqual(await shown(), { faults: [{ ...off, state: { next: 2 } }] });
    assert.equal((await console_.api('DELETE', '/faults/test-fault')).status, 204);
    assert.deepEqual(await shown(), { faults: [off] });
    assert.equal((await console_.api('PUT', '/faults/slow', { probability: 1 })).body.error, 'unknown_fault');
    assert.equal((await console_.api('DELETE', '/faults/slow')).status, 404);
    assert.equal((await console_.api('PUT', '/faults/slow', { chance: 1 })).status, 400);
    for (const [field, body] of [
      ['patient', { patient: '9000000009' }],
      ['seconds', { seconds: 5 }],
    ] as const) {
      const answer = await console_.api('PUT', '/faults/test-fault', body);
      assert.deepEqual([answer.status, answer.body.field], [400, field]);
    }
    assert.deepEqual(await shown(), { faults: [off] });
  });
});

describe('/reset without neighbours', () => {
  test('resets storage and clock and warns about failed parts', async () => {
    await console_.api('PUT', '/clock', { advance: 3600 });
    const { status, body } = await console_.api('POST', '/reset');
    assert.equal(status, 200);
    assert.equal(body.reset, true);
    assert.match(String(body.warnings), /CIS does not respond.*cards were not reset/);
    assert.equal(console_.resets(), 1);
    assert.equal(console_.clock.offset, 0);
  });
});

describe('calls without neighbours', () => {
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
    test(`answers agent_unreachable to ${method} ${path}`, async () => {
      const answer = await console_.api(method, path, body);
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
    test(`answers cis_unreachable to ${method} ${path}`, async () => {
      const answer = await console_.api(method, path, body);
      assert.deepEqual([answer.status, answer.body.error], [503, 'cis_unreachable']);
    });
});

describe('/openapi.json', () => {
  test('describes each call with its schemas', async () => {
    const { body } = await console_.api('GET', '/openapi.json');
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
