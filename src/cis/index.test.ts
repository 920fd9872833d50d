import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { errors } from './errors.ts';
import { startCis, type TestCis } from './testing/cis.ts';

describe('CIS', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis();
  });
  after(() => cis.close());

  test('publishes its public key without private members, from the first request', async () => {
    const [one, two] = await Promise.all([cis.call('/jwks'), cis.call('/jwks')]);
    assert.deepEqual(one.body, two.body);
    const [key, ...more] = one.body.keys as Record<string, unknown>[];
    assert.deepEqual(Object.keys(key ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    assert.deepEqual([key?.alg, more], ['ES256', []]);
  });

  test('responds 404 to unknown paths and methods', async () => {
    assert.equal((await cis.call('/nothing')).status, 404);
    assert.equal((await cis.call('/sessions', { method: 'GET' })).status, 404);
  });

  test('starts and stops its regular work', async () => {
    await cis.service.start?.();
    await cis.service.stop?.();
  });

  test('describes every error in a sentence', () => {
    for (const { entry } of Object.values(errors)) {
      assert.match(entry.description, /^[A-Z].*\.$/, entry.id);
      assert.ok(entry.status >= 400 && entry.status < 500, entry.id);
      assert.match(entry.code, /^[a-z_]+$/, entry.id);
    }
  });
});
