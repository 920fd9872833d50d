import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadTarget, targetNames } from './registry.ts';
import type { FuzzTarget } from './target.ts';

/** Sizes in bytes: an input of the second has four times the bytes of the first. */
const sizes = [8_192, 32_768] as const;
/** CPU milliseconds below which growth is ignored. */
const noise = 150;
/** Maximum ratio of the times. Linear time gives 4, quadratic time 16. */
const maxGrowth = 8;

const common = [
  '.',
  ' ',
  'a',
  '0',
  '=',
  '"',
  '\\',
  '/',
  ',',
  '&',
  '<',
  '[',
  '{"a":',
  '\n',
  '%20',
  'a.',
  '<a',
];

/** Returns a valid input with one piece repeated in its middle, up to a size. */
function swollen(valid: Uint8Array, piece: Uint8Array, size: number): Uint8Array {
  const middle = Math.floor(valid.length / 2);
  const times = Math.ceil((size - valid.length) / piece.length);
  return Buffer.concat([
    valid.subarray(0, middle),
    ...Array.from({ length: Math.max(times, 1) }, () => piece),
    valid.subarray(middle),
  ]);
}

/** Returns the CPU time of this thread in milliseconds, which other processes do not affect. */
async function cpuTime(target: FuzzTarget, input: Uint8Array): Promise<number> {
  const before = process.threadCpuUsage();
  await target.run(Uint8Array.from(input));
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

describe('every parser of outside text takes linear time', () => {
  for (const name of targetNames)
    test(`${name}: four times the input takes at most ${maxGrowth} times as long`, async () => {
      const target = await loadTarget(name);
      const pieces = [...common, ...(target.words ?? [])].map((piece) => Buffer.from(piece as Uint8Array));
      for (const valid of target.corpus)
        for (const piece of pieces) {
          const long = await cpuTime(target, swollen(valid, piece, sizes[1]));
          if (long < noise) continue;
          const short = await cpuTime(target, swollen(valid, piece, sizes[0]));
          const again = await cpuTime(target, swollen(valid, piece, sizes[1]));
          const growth = Math.min(long, again) / Math.max(short, 1);
          assert.ok(growth <= maxGrowth, `${JSON.stringify(piece.toString())} repeated: ${growth} times`);
        }
    });
});
