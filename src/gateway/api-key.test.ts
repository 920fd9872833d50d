import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RunningGateway, startGateway } from './testing/gateway.ts';

let gateway: RunningGateway;
before(async () => {
  gateway = await startGateway();
  await gateway.addApplication('without', {}, ['pds']);
  await gateway.addApplication('revoked', {}, ['hello']);
  const { revision = 0, ...revoked } = (await gateway.applications.get('revoked')) ?? assert.fail();
  await gateway.applications.replace({ ...revoked, status: 'revoked' }, revision);
  await gateway.addStandardApplication('public', ['hello']);
  await gateway.addStandardApplication('strict', ['hello'], 'fapi2');
  const ratelimiting = JSON.stringify({ 'hello-world': { quota: { limit: 2 } } });
  await gateway.addApplication('slow', { ratelimiting }, ['hello']);
});
after(() => gateway.stop());

const call = async (path: string, headers: Record<string, string>, method = 'GET') => {
  const answer = await gateway.call(`/hello-world${path}`, { headers, method });
  return { status: answer.status, body: (await answer.json()) as unknown };
};
const fault = (faultstring: string, errorcode: string) => ({ fault: { faultstring, detail: { errorcode } } });

const noToken = fault('Invalid access token', 'oauth.v2.InvalidAccessToken');
const unknownKey = fault('Invalid ApiKey', 'oauth.v2.InvalidApiKey');
const otherProduct = fault('Invalid ApiKey for given resource', 'oauth.v2.InvalidApiKeyForGivenResource');

describe('API key authentication (NHSDigital/hello-world-auth-examples)', () => {
  // biome-ignore format: a table reads best one row a line
  const cases: [string, string, Record<string, string>, number, unknown][] = [
    ['the key of an application with the product', '/hello/application', { apikey: 'key-of-bare' }, 200, { message: 'Hello Application!' }],
    ['no key', '/hello/application', {}, 401, noToken],
    ['an empty key', '/hello/application', { apikey: '' }, 401, noToken],
    ['a key that nobody has', '/hello/application', { apikey: 'key-of-nobody' }, 401, unknownKey],
    ['the id of an application, which is no key', '/hello/application', { apikey: 'bare' }, 401, unknownKey],
    ['the key of a revoked application', '/hello/application', { apikey: 'key-of-revoked' }, 401, unknownKey],
    ['the key of an application without the product', '/hello/application', { apikey: 'key-of-without' }, 401, otherProduct],
    ['the client id of the standard profile', '/hello/application', { apikey: 'key-of-public' }, 401, unknownKey],
    ['the client id of the fapi2 profile', '/hello/application', { apikey: 'key-of-strict' }, 401, unknownKey],
    ['a path for people', '/hello/user', { apikey: 'key-of-bare' }, 401, noToken],
    ['a bad token beside a good key', '/hello/application', { apikey: 'key-of-bare', authorization: 'Bearer x' }, 401, fault('Invalid Access Token', 'keymanagement.service.invalid_access_token')],
  ];
  for (const [name, path, headers, status, body] of cases)
    test(`returns ${status}: ${name}`, async () => {
      assert.deepEqual(await call(path, headers), { status, body });
    });

  test('is named as missing where it would be enough, and a token elsewhere', async () => {
    const reasonAt = async (path: string) => {
      const { headers } = await gateway.call(`/hello-world${path}`);
      return (await gateway.refusals.find(headers.get('x-message-id') ?? ''))?.detail;
    };
    assert.equal(await reasonAt('/hello/application'), 'there is neither a header apikey nor Authorization');
    assert.equal(await reasonAt('/hello/user'), 'there is no Authorization header');
  });

  test('supports only GET and HEAD', async () => {
    assert.equal((await call('/hello/application', { apikey: 'key-of-bare' }, 'POST')).status, 405);
  });

  test('is refused by an API that only accepts tokens', async () => {
    const answer = await gateway.call('/canary-api', { headers: { apikey: 'key-of-bare' } });
    assert.deepEqual([answer.status, await answer.json()], [401, noToken]);
  });

  test('has the limits of the application in each network, without using those of its tokens', async () => {
    const token = await gateway.issue({
      applicationId: 'slow',
      uid: null,
      scope: 'urn:nhsd:apim:app:level3:hello-world',
    });
    const statuses = async (headers: Record<string, string>): Promise<number[]> => {
      const got: number[] = [];
      for (let round = 0; round < 3; round++) got.push((await call('/hello/application', headers)).status);
      return got;
    };
    assert.deepEqual(await statuses({ apikey: 'key-of-slow' }), [200, 200, 429]);
    assert.deepEqual(await statuses({ authorization: `Bearer ${token}` }), [200, 200, 429]);
  });

  test('counts wrong keys for their network only, and accepts a right one there', async (t) => {
    const limited = await startGateway({}, ':memory:', {
      networkLimits: { requests: 100, failures: 3, rows: 100 },
      proxies: { includes: () => true },
    });
    t.after(() => limited.stop());
    const statusOf = async (path: string, apikey: string, address: string) => {
      const headers = { apikey, 'x-forwarded-for': address };
      return (await limited.call(`/hello-world${path}`, { headers })).status;
    };
    const [near, far] = ['198.51.100.7', '203.0.113.9'];
    const wrong: number[] = [];
    for (const path of [
      '/hello/application',
      '/_status',
      '/hello/application',
      '/_status',
      '/hello/application',
    ])
      wrong.push(await statusOf(path, 'key-of-nobody', near));
    assert.deepEqual(wrong, [401, 401, 401, 429, 429]);
    assert.equal(await statusOf('/hello/application', 'key-of-nobody', far), 401);
    assert.equal(await statusOf('/hello/application', 'key-of-bare', near), 200);
  });

  test('names the application without a token in the log', async () => {
    await call('/hello/application', { apikey: 'key-of-bare' });
    const { application, clientId, grant, decision } = gateway.lines.at(-1)?.fields ?? {};
    assert.deepEqual([application, clientId, grant, decision], ['bare', 'key-of-bare', 'api_key', 'passed']);
  });
});
