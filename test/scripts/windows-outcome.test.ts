import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

interface Expected {
  file: string;
  name: string;
  reason: string;
}

interface Outcome {
  unexpected: string[];
  expected: number;
  passing: Expected[];
  notRun: string[];
  tests: number;
  passed: number;
  skipped: number;
}

const clone = join(import.meta.dirname, '../..');
// A script, without types.
const script = pathToFileURL(join(clone, 'scripts/windows/outcome.mjs')).href;
const { outcomeOf } = (await import(script)) as {
  outcomeOf(outputs: readonly string[], expected: readonly Expected[]): Outcome;
};

const listed = { file: 'kernel/a.test.ts', name: 'reads (twice)', reason: 'Wine has no owner of pipes.' };
const closing = '# tests 3\r\n# pass 1\r\n# skipped 1\r\n';

describe('the outcome of npm run windows', () => {
  test('counts an expected failure neither as passed nor as failed', () => {
    const outcome = outcomeOf([`failed: reads (twice) (kernel/a.test.ts:7)\r\n${closing}`], [listed]);
    assert.deepEqual(outcome, {
      unexpected: [],
      expected: 1,
      passing: [],
      notRun: [],
      tests: 3,
      passed: 1,
      skipped: 1,
    });
  });

  test('reports a failure of the same name in another file, and of another name in the same file', () => {
    for (const line of [
      'failed: reads (twice) (kernel/b.test.ts:7)',
      'failed: reads (kernel/a.test.ts:7)',
      'failed: the file (kernel/a.test.ts)',
      'failed: the process of kernel/a.test.ts',
    ])
      assert.deepEqual(outcomeOf([`${line}\n${closing}`], [listed]).unexpected, [line]);
  });

  test('names an expected failure that did not happen', () => {
    assert.deepEqual(outcomeOf([closing], [listed]).passing, [listed]);
  });

  test('adds the counts of its runs', () => {
    const { tests, passed } = outcomeOf([closing, closing], []);
    assert.deepEqual([tests, passed], [6, 2]);
  });

  test('has no counts if one of the runs ended early', () => {
    assert.ok(Number.isNaN(outcomeOf([closing, ''], []).tests));
  });
});

test('expected-failures.json has at most 40 failures, each with a reason and an existing test', () => {
  const list = JSON.parse(
    readFileSync(join(clone, 'test/windows/expected-failures.json'), 'utf8'),
  ) as Expected[];
  assert.ok(list.length <= 40);
  for (const { file, name, reason } of list) {
    assert.match(reason, /\bWine\b.+\.$/);
    // The title of a test for several values is a template.
    const text = readFileSync(join(clone, file), 'utf8');
    assert.ok(text.includes(name.split(' ').slice(0, 3).join(' ')), `${file}: ${name}`);
  }
});
