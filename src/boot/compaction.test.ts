import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const script = `
  import { setTimeout as sleep } from 'node:timers/promises';
  import { compactOnceIdle } from ${JSON.stringify(new URL('./compaction.ts', import.meta.url).href)};
  let garbage = Array.from({ length: 200 }, () => Array.from({ length: 20_000 }, (_, n) => ({ n })));
  // Every page keeps something.
  const kept = garbage.map((list) => list.filter(({ n }) => n % 500 === 0));
  garbage = undefined;
  const { heapTotal: before } = process.memoryUsage();
  compactOnceIdle();
  const limit = performance.now() + 30_000;
  while (process.memoryUsage().heapTotal > before / 2 && performance.now() < limit) await sleep(250);
  console.log(JSON.stringify({ before, after: process.memoryUsage().heapTotal, kept: kept.length }));
`;

test('an idle process returns the memory of its start', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const { before, after, kept } = JSON.parse(stdout) as { before: number; after: number; kept: number };
  assert.equal(kept, 200);
  assert.ok(after < before / 2, `${after} of ${before} bytes`);
});
