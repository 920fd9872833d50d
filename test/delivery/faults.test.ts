import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Result } from '../../bench/faults/run.ts';

const program = fileURLToPath(new URL('../../bench/faults.ts', import.meta.url));

async function faults(...flags: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [program, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part) => (out += part));
  child.stderr.on('data', (part) => (err += part));
  const [code] = await once(child, 'close');
  return { code: code as number | null, out, err };
}

describe('npm run faults', () => {
  // A fault that does not concern the database is injected with SQLite only, because its installation starts faster.
  const bounded = {
    sqlite: ['kill', 'disk-full', 'clock-jumps', 'upstream-down', 'upstream-lying', 'slow-bodies'],
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
