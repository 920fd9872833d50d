import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startConsole, type TestConsole } from '../../testing/console.ts';

let console_: TestConsole;

before(async () => {
  console_ = await startConsole();
});
after(() => console_.close());

describe('/products', () => {
  test('creates, returns, changes and removes a product', async () => {
    const made = await console_.api('POST', '/products', {
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
    const changed = await console_.api(
      'PATCH',
      '/products/mine',
      { limits, scopes: [] },
      { 'if-match': etag },
    );
    assert.equal(changed.status, 200);
    assert.deepEqual(changed.body.limits, {
      quota: { enabled: true, limit: 5, interval: 1, timeunit: 'minute' },
      spikeArrest: { enabled: true, ratelimit: '5ps' },
    });
    assert.deepEqual(changed.body.apis, ['hello-world', 'oauth2']);
    assert.equal((await console_.api('PATCH', '/products/mine', {}, { 'if-match': etag })).status, 412);
    assert.equal(
      (await console_.api('DELETE', '/products/mine', undefined, { 'if-match': etag })).status,
      412,
    );
    assert.deepEqual((await console_.api('GET', '/products/mine')).body, changed.body);
    assert.equal((await console_.api('DELETE', '/products/mine')).status, 204);
    assert.equal((await console_.api('GET', '/products/mine')).status, 404);
    assert.equal((await console_.api('PATCH', '/products/mine', {})).status, 404);
  });

  test('stores an unknown API with a warning', async () => {
    const warnings = [
      'apis: there is no API "hello_world" here. Did you mean hello-world? There are oauth2, oauth2-mock, oauth2.1, hello-world, canary-api.',
    ];
    const made = await console_.api('POST', '/products', { name: 'slip', apis: ['oauth2', 'hello_world'] });
    assert.deepEqual(
      [made.status, made.body.apis, made.body.warnings],
      [201, ['oauth2', 'hello_world'], warnings],
    );
    assert.deepEqual(
      (await console_.api('PATCH', '/products/slip', { scopes: ['x'] })).body.warnings,
      warnings,
    );
    assert.equal((await console_.api('GET', '/products/slip')).body.warnings, undefined);
    assert.equal(
      (await console_.api('PATCH', '/products/slip', { apis: ['oauth2'] })).body.warnings,
      undefined,
    );
  });

  test('lifts the limits for null, in a new product and in a patch', async () => {
    assert.equal(
      (await console_.api('POST', '/products', { name: 'lifted', limits: null })).body.limits,
      null,
    );
    await console_.api('POST', '/products', { name: 'later' });
    assert.equal((await console_.api('PATCH', '/products/later', { limits: null })).body.limits, null);
    assert.equal((await console_.api('PATCH', '/products/later', { scopes: ['x'] })).body.limits, null);
  });

  test('seeds products that include the authorisation service', async () => {
    const { products } = (await console_.api('GET', '/products')).body as {
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
    test(`refuses ${JSON.stringify(body)}`, async () => {
      const answer = await console_.api('POST', '/products', body);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.field, field);
    });

  test('refuses a taken name and a changed name', async () => {
    assert.equal((await console_.api('POST', '/products', { name: 'hello-world' })).status, 409);
    assert.equal(
      (await console_.api('PATCH', '/products/hello-world', { name: 'other' })).body.field,
      'name',
    );
  });
});
