import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RunningGateway, startGateway } from './gateway.fixture.ts';
import { createGateway } from './index.ts';
import { statusKeyOf } from './rules/without-back-end.ts';

describe('/mock-jwks', () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway();
    await gateway.products.save({ name: 'mock', apis: ['mock-jwks'], scopes: [], limits: null });
    await gateway.addApplication('tester', {}, ['mock']);
  });
  after(() => gateway.stop());

  const encoded = (value: string) => Buffer.from(value).toString('base64url');

  test('answers the key set that its path carries, a long one too', async () => {
    const set = JSON.stringify({
      keys: Array.from({ length: 12 }, (_, at) => ({ kid: `test-${at}`, n: 'A'.repeat(680) })),
    });
    const answer = await gateway.call(`/mock-jwks/${encoded(set)}`);
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/json']);
    assert.equal(await answer.text(), set);
  });

  for (const path of [
    'x',
    encoded('{}'),
    encoded('null'),
    encoded('{"keys":1}'),
    '%00',
    encoded('[]'),
    encoded('{"keys":['),
  ])
    test(`${path} carries none: 404`, async () => {
      assert.equal((await gateway.call(`/mock-jwks/${path}`)).status, 404);
    });

  test('the key of /_status is given to an application that has the product, and opens it', async () => {
    const path = '/mock-jwks/status-endpoint-api-key';
    for (const apikey of ['', 'key-of-full', 'unknown'])
      assert.equal((await gateway.call(path, { headers: { apikey } })).status, 401, apikey);
    const apikey = await (await gateway.call(path, { headers: { apikey: 'key-of-tester' } })).text();
    assert.equal(apikey, await statusKeyOf(gateway.database));
    assert.equal((await gateway.call('/canary-api/_status', { headers: { apikey } })).status, 200);
  });

  test('the clients of the mock realms are told where the composition knows them', async () => {
    const headers = { apikey: 'key-of-tester' };
    assert.equal((await gateway.call('/mock-jwks/keycloak-client-credentials', { headers })).status, 404);
    assert.equal((await gateway.call('/mock-jwks/keycloak-client-credentials')).status, 401);
  });

  test('is not there in production', () => {
    const { routes } = createGateway({ ...gateway.dependencies, development: false });
    assert.ok(routes.every(({ path }) => !path.includes('mock-jwks')));
  });
});
