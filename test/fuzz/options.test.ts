import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readOptions } from './options.ts';
import { targetNames } from './registry.ts';

describe('the options of npm run fuzz', () => {
  test('default to every target, 20 s each, with a random seed', () => {
    const options = readOptions([], 42);
    assert.ok(options !== 'help');
    assert.deepEqual(
      [options.targets, options.seconds, options.seed, options.json],
      [targetNames, 20, 42, false],
    );
  });

  test('run one input of one target again', () => {
    const options = readOptions(
      ['--target', 'tlv', '--seed', '7', '--round', '74', '--rounds', '1', '--json'],
      42,
    );
    assert.deepEqual(options, {
      targets: ['tlv'],
      seed: 7,
      from: 74,
      rounds: 1,
      seconds: Number.POSITIVE_INFINITY,
      json: true,
    });
  });

  test('print help and refuse unknown options', () => {
    assert.equal(readOptions(['--help'], 1), 'help');
    for (const args of [['--target', 'none'], ['--seed', 'x'], ['--rounds', '-1'], ['--color'], ['tlv']])
      assert.throws(() => readOptions(args, 1), { name: 'UsageError' }, args.join(' '));
  });
});
