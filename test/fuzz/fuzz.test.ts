import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fuzz, inputOf } from './engine.ts';
import { loadTarget, targetNames } from './registry.ts';
import { asText, type FuzzTarget, text } from './target.ts';

/** `npm run fuzz` runs longer and with other seeds. */
const seed = 1;
const rounds = 250;

describe('every parser of outside data', () => {
  for (const name of targetNames)
    test(`${name} accepts or refuses ${rounds} inputs`, async () => {
      const target = await loadTarget(name);
      assert.ok(target.corpus.length > 0, 'a target has valid inputs to start from');
      const { failure } = await fuzz(target, { seed, rounds });
      assert.equal(failure, undefined);
    });

  for (const name of targetNames)
    test(`${name} does not fail on its corpus`, async () => {
      const target = await loadTarget(name);
      for (const input of target.corpus) await target.run(Uint8Array.from(input));
    });
});

describe('the fuzzer', () => {
  const fragile: FuzzTarget = {
    name: 'fragile',
    corpus: [text('{"a":1}')],
    run: (bytes) => {
      if (asText(bytes).includes('{{')) throw new Error('broken');
    },
  };

  test('finds a failure, and reproduces it by seed and round', async () => {
    const { failure } = await fuzz(fragile, { seed: 7, rounds: 5_000 });
    assert.ok(failure);
    assert.match(failure.error, /broken/);
    const again = await fuzz(fragile, { seed: 7, from: failure.round, rounds: 1 });
    assert.deepEqual(again.failure?.input, failure.input);
    assert.equal(Buffer.from(inputOf(fragile, 7, failure.round)).toString('hex'), failure.input);
  });

  test('gives other inputs for another seed', () => {
    const inputs = [1, 2, 3].map((each) => Buffer.from(inputOf(fragile, each, 3)).toString('hex'));
    assert.ok(new Set(inputs).size > 1);
  });

  test('ends on request', async () => {
    let left = 3;
    const result = await fuzz(
      { ...fragile, run: () => undefined },
      { seed, rounds: 100, over: () => left-- === 0 },
    );
    assert.deepEqual(result, { rounds: 3, failure: undefined });
  });
});
