import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clusterProblem } from '../../bench/faults/cluster/enter.ts';
import type { Result } from '../../bench/faults/run.ts';
import { faults } from '../testing/faults.ts';
import { postgresMissing } from '../testing/postgres.ts';

describe('npm run faults -- --cluster', {
  skip: postgresMissing || clusterProblem(),
  timeout: 300_000,
}, () => {
  test('loses no response, and serves sign-ins again, when the primary changes, is killed or cut off', async () => {
    const { code, out, err } = await faults(
      '--cluster',
      '--quick',
      '--kills',
      '1',
      '--lanes',
      '2',
      '--pause',
      '100',
      '--json',
    );
    const results = JSON.parse(out || '[]') as Result[];
    assert.deepEqual(
      results.map(({ fault }) => fault),
      ['switchover', 'leader-killed', 'leader-cut-off'],
      err,
    );
    for (const result of results) {
      assert.ok(result.promised > 0);
      assert.ok(result.notes.some((note) => note.startsWith('/readyz followed')));
    }
    assert.deepEqual(
      results.filter(({ passed }) => !passed),
      [],
    );
    assert.equal(code, 0);
  });
});
