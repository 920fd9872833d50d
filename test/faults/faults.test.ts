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
  for (const database of ['sqlite', 'postgres'])
    test(`loses no answer and no process on ${database} in a bounded run`, async () => {
      const { code, out, err } = await faults(
        ...['--quick', '--seconds', '1', '--database', database, '--lanes', '2', '--json'],
      );
      const results = JSON.parse(out || '[]') as Result[];
      assert.ok(results.length >= 5, err);
      assert.ok(results.some(({ promised }) => promised > 0));
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
