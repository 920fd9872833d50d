import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { figures } from '../../bench/soak/samples.ts';
import { verdictsOf } from '../../bench/soak/verdict.ts';

const program = fileURLToPath(new URL('../../bench/soak.ts', import.meta.url));

/** Samples with one value for all figures, of each quarter. */
const samplesOf = (...quarters: readonly number[]) =>
  quarters.flatMap((value, n) =>
    [0, 1, 2].map((k) => ({ at: 3 * n + k, operations: 1, values: figures.map(() => value) })),
  );
const growing = (...quarters: readonly number[]) =>
  verdictsOf(samplesOf(...quarters))
    .filter(({ isFlat }) => !isFlat)
    .map(({ label }) => label);

describe('npm run soak', () => {
  test('ignores the first quarter, and compares the last with the second', () => {
    assert.deepEqual(growing(10, 100, 100, 100), []);
    assert.deepEqual(growing(10, 100, 500, 100), []);
    assert.deepEqual(growing(10, 100, 110, 120), ['descriptors', 'write-ahead log']);
    assert.deepEqual(
      growing(10, 100, 150, 200),
      figures.map(({ label }) => label),
    );
  });

  test('finds nothing flat in fewer than four samples', () => {
    assert.equal(
      verdictsOf(samplesOf(1)).some(({ isFlat }) => isFlat),
      false,
    );
  });

  test('keeps an instance under load, and writes a report with a chart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'soak-'));
    try {
      const words = ['--minutes', '0.08', '--rate', '5', '--out', folder, '--json'];
      const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
      let [out, err] = ['', ''];
      child.stdout.on('data', (part) => (out += part));
      child.stderr.on('data', (part) => (err += part));
      await once(child, 'close');
      const { operations, failed } = JSON.parse(out || '{}') as { operations: number; failed: string[] };
      assert.ok(operations > 0, err);
      assert.deepEqual(failed, []);
      const { samples } = JSON.parse(await readFile(join(folder, 'soak.json'), 'utf8'));
      assert.ok(samples.length >= 2);
      const chart = await readFile(join(folder, 'soak.svg'), 'utf8');
      assert.equal(chart.match(/<polyline/g)?.length, figures.length);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('refuses a length of nothing with one line', async () => {
    const child = spawn(process.execPath, [program, '--minutes', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (part) => (err += part));
    const [code] = await once(child, 'close');
    assert.equal(code, 2);
    assert.match(err, /^--minutes 0: must be a number above 0$/m);
  });
});
