import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkWithin } from './health.ts';

describe('checkWithin', () => {
  test('fails a check that takes longer than a second', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const hanging = checkWithin(() => new Promise(() => undefined));
    t.mock.timers.tick(1_000);
    assert.deepEqual(await hanging, { ok: false, reason: 'The database has not answered for 1 s.' });
  });

  test('returns the outcome of a check in time', async () => {
    assert.deepEqual(await checkWithin(async () => 'anything'), { ok: true });
    const failed = await checkWithin(() => Promise.reject(new Error('disk I/O error')));
    assert.deepEqual(failed, { ok: false, reason: 'disk I/O error' });
  });
});
