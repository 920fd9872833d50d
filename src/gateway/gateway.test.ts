import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { release } from '../version.ts';
import { apis } from './apis/registry.ts';
import { statusKeyOf } from './rules/without-back-end.ts';
import { pdsBase, type RunningGateway, requestId, role, scopes, startGateway } from './testing/gateway.ts';

let gateway: RunningGateway;
before(async () => {
  gateway = await startGateway();
});
after(() => gateway.stop());

const bases = apis.map(({ basePath }) => basePath);

describe('paths without a back end', () => {
  for (const base of bases) {
    test(`${base}/_ping returns the build to anyone, for GET and HEAD`, async () => {
      const answer = await gateway.call(`${base}/_ping`);
      assert.equal(answer.status, 200);
      const body = (await answer.json()) as object;
      assert.deepEqual(Object.keys(body), ['version', 'revision', 'releaseId', 'commitId']);
      assert.deepEqual(body, release, 'as under /oauth2');
      const head = await gateway.call(`${base}/_ping`, { method: 'HEAD' });
      assert.deepEqual([head.status, await head.text()], [200, '']);
    });

    test(`${base}/_status needs the shared key`, async () => {
      assert.equal((await gateway.call(`${base}/_status`)).status, 401);
      const wrong = await gateway.call(`${base}/_status`, { headers: { apikey: 'guess' } });
      assert.match(await wrong.text(), /Invalid Api Key/);
      const apikey = await statusKeyOf(gateway.database);
      const answer = await gateway.call(`${base}/_status`, { headers: { apikey } });
      const body = (await answer.json()) as Record<string, unknown>;
      assert.equal(answer.status, 200);
      assert.deepEqual(Object.keys(body), [
        'status',
        'version',
        'revision',
        'releaseId',
        'commitId',
        'checks',
      ]);
      assert.equal(body.status, 'pass');
    });

    test(`${base} responds to a CORS preflight without a token`, async () => {
      const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
      const answer = await gateway.call(`${base}/Patient/1`, { method: 'OPTIONS', headers });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('access-control-allow-origin'), 'https://app.example');
      assert.equal(answer.headers.get('access-control-max-age'), '3628800');
    });
  }

  test('an OPTIONS request with one of the two headers is not a preflight', async () => {
    for (const headers of [
      { origin: 'https://app.example' },
      { 'access-control-request-method': 'GET' },
    ] as Record<string, string>[])
      assert.equal((await gateway.call(`${pdsBase}/Patient/1`, { method: 'OPTIONS', headers })).status, 401);
  });

  test('the preflight of the PDS returns the published headers and methods', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'PATCH' };
    const answer = await gateway.call(`${pdsBase}/Patient/1`, { method: 'OPTIONS', headers });
    assert.equal(
      answer.headers.get('access-control-allow-headers'),
      'origin, x-requested-with, accept, content-type, if-match, nhsd-session-urid, authorization, x-correlation-id, x-request-id, nhsd-end-user-organisation-ods',
    );
    assert.equal(answer.headers.get('access-control-allow-methods'), 'GET, PUT, POST, PATCH, DELETE');
  });

  test('the status of the PDS has the published check', async () => {
    const apikey = await statusKeyOf(gateway.database);
    const answer = await gateway.call(`${pdsBase}/_status`, { headers: { apikey } });
    const { checks } = (await answer.json()) as { checks: Record<string, Record<string, unknown>[]> };
    assert.deepEqual(Object.keys(checks['spine:status']?.[0] ?? {}), [
      'status',
      'timeout',
      'responseCode',
      'outcome',
      'links',
    ]);
  });
});

describe('the ids of a call', () => {
  const url = `${pdsBase}/Patient/9000000009`;
  // [request, response, with or without a token]
  const cases: [string, Record<string, string>, boolean, [string | null, string | null]][] = [
    ['both, on success', { 'x-request-id': requestId, 'x-correlation-id': 'c-1' }, true, [requestId, 'c-1']],
    [
      'both, on a refusal',
      { 'x-request-id': requestId, 'x-correlation-id': 'c-1' },
      false,
      [requestId, 'c-1'],
    ],
    ['an invalid request id', { 'x-request-id': '1234' }, true, ['1234', null]],
    ['the correlation id alone', { 'x-correlation-id': 'c-1' }, true, [null, 'c-1']],
    ['none', {}, true, [null, null]],
  ];
  for (const [name, headers, signedIn, expected] of cases)
    test(`are mirrored only if sent: ${name}`, async () => {
      const authorization: Record<string, string> = signedIn
        ? { authorization: `Bearer ${await gateway.issue()}` }
        : {};
      const answer = await fetch(`http://127.0.0.1:${gateway.port}${url}`, {
        headers: { ...headers, ...authorization },
      });
      assert.deepEqual(
        [answer.headers.get('x-request-id'), answer.headers.get('x-correlation-id')],
        expected,
      );
    });
});

describe('hello-world', () => {
  const scope = (part: string) => `urn:nhsd:apim:${part}:hello-world`;
  // biome-ignore format: a table reads best one row a line
  const cases: [string, string | undefined, number, string | undefined][] = [
    ['/hello/world', undefined, 200, 'Hello World!'],
    ['/hello/application', scope('app:level3'), 200, 'Hello Application!'],
    ['/hello/application', scope('user-nhs-id:aal3'), 401, undefined],
    ['/hello/user', scope('user-nhs-id:aal3'), 200, 'Hello User!'],
    ['/hello/user', scope('user-nhs-cis2:aal3'), 200, 'Hello User!'],
    ['/hello/user', scope('user-nhs-cis2:aal2'), 200, 'Hello User!'],
    ['/hello/user', `${scope('app:level3')} ${scope('user-nhs-cis2:aal2')}`, 200, 'Hello User!'],
    ['/hello/user', scope('user-nhs-login:P9'), 200, 'Hello User!'],
    ['/hello/user', scope('user-nhs-login:P5'), 200, 'Hello User!'],
    ['/hello/user', scope('user-nhs-login:P0'), 200, 'Hello User!'],
    ['/hello/application', scope('user-nhs-login:P9'), 401, undefined],
    ['/hello/user', scope('user-nhs-id:aal2'), 401, undefined],
    ['/hello/user', scope('app:level3'), 401, undefined],
    ['/hello/user', scopes.user, 401, undefined],
    ['/hello/nobody', scope('user-nhs-id:aal3'), 404, undefined],
  ];
  for (const [path, granted, status, message] of cases)
    test(`${path} with ${granted ?? 'no token'} returns ${status}`, async () => {
      const token = granted === undefined ? undefined : await gateway.issue({ scope: granted });
      const answer = await gateway.call(`/hello-world${path}`, { token });
      assert.equal(answer.status, status);
      const body = (await answer.json()) as { fault?: { faultstring: string } };
      if (message) assert.deepEqual(body, { message });
      else if (status === 401)
        assert.equal(body.fault?.faultstring, 'Invalid API call as no apiproduct match found');
    });

  test('an open path does not support other methods', async () => {
    assert.equal((await gateway.call('/hello-world/hello/world', { method: 'POST' })).status, 405);
  });
});

describe('canary-api', () => {
  test('accepts any valid token of an application with the product, whatever its scope', async () => {
    for (const scope of [scopes.user, '']) {
      const answer = await gateway.call('/canary-api', {
        token: await gateway.issue({ scope, applicationId: 'bare' }),
      });
      assert.deepEqual([answer.status, await answer.text()], [200, 'Hello user!']);
    }
  });
});

describe('the records of a call', () => {
  const sought = '9000000009';

  test("contain two events in the token's journey, without token or demographics", async () => {
    const token = await gateway.issue({ family: 'the-family', sid: 'the-session' });
    await gateway.call(`${pdsBase}/Patient/${sought}`, { token });
    await gateway.call(`${pdsBase}/Patient?family=Smith&birthdate=2010-10-22`, { token });
    await gateway.call(`${pdsBase}/Coverage`, { token });
    const events = (await gateway.events()).slice(-5);
    assert.equal(new Set(events.map(({ journey }) => journey)).size, 1);
    assert.deepEqual(
      events.map(({ from, to, name, outcome, detail }) => [
        from,
        to,
        name,
        outcome,
        detail.operation,
        detail.status,
        detail.mode,
        detail.rule,
      ]),
      [
        ['application', 'gateway', 'gateway.request', 'ok', '/Patient/{id}', 200, 'user-restricted', ''],
        ['gateway', 'pds', 'pds.read', 'ok', '/Patient/{id}', 200, undefined, undefined],
        ['application', 'gateway', 'gateway.request', 'ok', '/Patient', 200, 'user-restricted', ''],
        ['gateway', 'pds', 'pds.read', 'ok', '/Patient', 200, undefined, undefined],
        [
          'application',
          'gateway',
          'gateway.request',
          'refused',
          '/Coverage',
          403,
          'user-restricted',
          'gateway.resourceForbidden',
        ],
      ],
    );
  });

  test('contain no journey for an unknown token', async () => {
    const before = (await gateway.events()).length;
    await gateway.call(`${pdsBase}/Patient/${sought}`, { token: 'unknown' });
    assert.equal((await gateway.events()).length, before);
  });

  test('contain details in one log line: role, mode, decision and the hash of the token', async () => {
    const token = await gateway.issue();
    await gateway.call(`${pdsBase}/Patient/${sought}`, { token });
    const fields: Record<string, unknown> = gateway.lines.at(-1)?.fields ?? {};
    const { id, accessTokenHash, client, ...rest } = fields;
    assert.deepEqual([typeof id, typeof accessTokenHash, client], ['string', 'string', '127.0.0.1']);
    assert.deepEqual(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)), {
      api: 'personal-demographics',
      verb: 'GET',
      operation: '/Patient/{id}',
      status: 200,
      decision: 'passed',
      role,
      mode: 'user-restricted',
      scope: scopes.user,
      application: 'full',
      clientId: 'key-of-full',
      grant: 'authorization_code',
      provider: 'nhs-cis2',
    });
  });

  test('contain no patient, query or token in log and events', async () => {
    const token = await gateway.issue();
    for (const path of [
      `/Patient/${sought}`,
      `/Patient/${sought}1`,
      `/Persons/${sought}`,
      '/Patient?family=Smith&birthdate=2010-10-22',
    ])
      await gateway.call(pdsBase + path, { token });
    const written = JSON.stringify([gateway.lines, await gateway.events()]);
    for (const word of [sought, 'Smith', 'Jane', '2010-10-22', 'LS1', token])
      assert.ok(!written.includes(word), word);
  });
});
