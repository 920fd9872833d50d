import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import fc from 'fast-check';
import { parseObject, parseQuery } from './api/json-body.ts';
import { mergePatch } from './merge-patch.ts';
import { keySetAddressProblem, redirectProblem } from './registration/addresses.ts';

describe('bodies', () => {
  test('any text is an object or refused, and never anything else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          try {
            const value = parseObject(text);
            assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value));
          } catch (error) {
            assert.ok(error instanceof Refusal && error.entry.status === 400);
          }
        },
      ),
    );
  });

  test('what could change a prototype or lies too deep is refused', () => {
    for (const text of [
      '{"__proto__":{}}',
      '{"a":{"__proto__":{"b":1}}}',
      `${'{"a":'.repeat(20)}1${'}'.repeat(20)}`,
    ])
      assert.throws(() => parseObject(text), Refusal);
    assert.deepEqual(parseObject(''), {});
  });
});

test('a query is read once for each name', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (values) => {
      const read = parseQuery(String(new URLSearchParams(Object.entries(values))));
      for (const [name, value] of new URLSearchParams(Object.entries(values)))
        assert.equal(Object.getOwnPropertyDescriptor(read, name)?.value, value);
    }),
  );
  assert.throws(() => parseQuery('a=1&a=1'), Refusal);
});

// RFC 7396, appendix A.
describe('merge patch', () => {
  const examples: [unknown, unknown, unknown][] = [
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
  for (const [target, patch, result] of examples)
    test(`${JSON.stringify(patch)} on ${JSON.stringify(target)}`, () =>
      assert.deepEqual(mergePatch(target, patch), result));

  test('leaves its arguments alone, and doing it twice changes nothing more', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = mergePatch(target, patch);
        assert.deepEqual(mergePatch(once, patch), once);
        assert.equal(JSON.stringify([target, patch]), before);
      }),
    );
  });
});

describe('addresses', () => {
  const rules = fc.record({
    profile: fc.constantFrom('nhs' as const, 'standard' as const, 'fapi2' as const),
    native: fc.boolean(),
  });

  test('whatever is accepted is an address that runs nothing', () => {
    const scheme = fc.constantFrom(
      'javascript:',
      'JaVaScRiPt:',
      'data:',
      'vbscript:',
      'file:',
      'blob:',
      'about:',
      'ftp:',
      'ws:',
      'myapp:',
      'com.example:',
      'http://',
      'https://',
      '//',
      '',
    );
    fc.assert(
      fc.property(scheme, fc.oneof(fc.string(), fc.webUrl()), rules, (start, rest, rule) => {
        const address = start + rest;
        if (redirectProblem(address, rule) !== undefined) return;
        const { protocol } = new URL(address);
        assert.ok(protocol === 'https:' || protocol === 'http:' || (rule.native && protocol.includes('.')));
        assert.doesNotMatch(address, /[\s#\\<>"]/);
      }),
      { numRuns: 500 },
    );
  });

  test('no address is long without end', () => {
    assert.match(
      redirectProblem(`https://a.test/${'a'.repeat(2_100)}`, { profile: 'nhs', native: false }) ?? '',
      /2048/,
    );
  });

  test('keys stand below a host', () => {
    for (const address of ['https://a.test', 'https://a.test/', 'https://a.test?x', 'ftp://a.test/x'])
      assert.ok(keySetAddressProblem(address), address);
    assert.equal(keySetAddressProblem('https://a.test/jwks'), undefined);
  });
});
