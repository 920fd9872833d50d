import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hasUnfitText, mergePatch, parseJsonObject } from './json.ts';

describe('JSON merge patch', () => {
  // RFC 7396 appendix A.
  const vectors: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of vectors) {
    test(`${JSON.stringify(target)} by ${JSON.stringify(patch)}`, () =>
      assert.deepEqual(mergePatch(target, patch), result));
  }

  test('leaves its arguments unchanged, is idempotent, and keeps no null of the patch', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(value, value, (target, patch) => {
        const [before, by] = [JSON.stringify(target), JSON.stringify(patch)];
        const once = mergePatch(target, patch);
        assert.deepEqual([JSON.stringify(target), JSON.stringify(patch)], [before, by]);
        assert.deepEqual(mergePatch(once, patch), once);
        if (typeof patch === 'object' && patch !== null && !Array.isArray(patch))
          for (const [name, member] of Object.entries(patch))
            assert.equal(Object.hasOwn(once as object, name), member !== null);
      }),
    );
  });

  test('does not change a prototype', () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}')) as { polluted?: boolean };
    assert.equal(merged.polluted, undefined);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
});

test('hasUnfitText finds U+0000 and halves of surrogate pairs at any position, and nothing else', () => {
  const contains = (value: unknown): boolean =>
    typeof value === 'string'
      ? value.includes('\0') || !value.isWellFormed()
      : typeof value === 'object' && value !== null && Object.entries(value).flat().some(contains);
  const text = fc.string({ unit: fc.constantFrom('\\', 'u', '0', '\0', '"', 'x', 'd8', '\ud83d', '\ude00') });
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text), fc.dictionary(text, text))), (value) => {
      assert.equal(hasUnfitText(JSON.stringify(value)), contains(value));
    }),
  );
  assert.throws(() => parseJsonObject('{"name":"a\\u0000"}'), /U\+0000/);
  assert.deepEqual({ ...parseJsonObject('{"name":"a\\\\u0000"}') }, { name: 'a\\u0000' });
  assert.throws(() => parseJsonObject('{"name":"\\uD83D\\u0041"}'), /surrogate/);
  assert.deepEqual({ ...parseJsonObject('{"name":"\\uD83D\\uDE00"}') }, { name: '😀' });
});

test('hasUnfitText reads megabytes of escapes in moments, so that one caller does not delay the others', () => {
  const million = 1_000_000;
  const before = process.cpuUsage();
  for (const [text, expected] of [
    [`"${'\\\\'.repeat(million)}\\u0000"`, true],
    [`"${'\\\\u0000'.repeat(million / 4)}"`, false],
    [`"${'\\ud83d\\ude00'.repeat(million / 8)}"`, false],
    [`"${'\\\\'.repeat(million)}u0000"`, false],
  ] as const)
    assert.equal(hasUnfitText(text), expected);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 400_000, `${user + system} µs of processor time`);
});
