import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Result } from '../../bench/faults/run.ts';
import { faults } from '../testing/faults.ts';

describe('npm run faults', () => {
  // A fault that does not concern the database is injected with SQLite only, because its installation starts faster.
  const bounded = {
    sqlite: [
      'kill',
      'kill-while-signing',
      'disk-full',
      'clock-jumps',
      'upstream-down',
      'upstream-lying',
      'slow-bodies',
    ],
    postgres: ['database-restart', 'dropped-connections'],
  };
  for (const [database, names] of Object.entries(bounded))
    test(`loses no response and no process with ${database} in a bounded run`, async () => {
      const { code, out, err } = await faults(
        '--quick',
        '--seconds',
        '0.5',
        '--database',
        database,
        '--lanes',
        '2',
        '--pause',
        '250',
        '--json',
      );
      const results = JSON.parse(out || '[]') as Result[];
      assert.deepEqual(
        results.map(({ fault }) => fault),
        names,
        err,
      );
      assert.ok(results.every(({ promised, skipped }) => promised > 0 || skipped !== undefined));
      assert.deepEqual(
        results.filter(({ passed }) => !passed),
        [],
      );
      assert.equal(code, 0);
    });

  test('refuses an unknown fault with its usage', async () => {
    const { code, err } = await faults('--only', 'meteor');
    assert.equal(code, 2);
    assert.match(err, /There is no fault meteor/);
  });
});
