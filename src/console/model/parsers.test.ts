import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import fc from 'fast-check';
import { keySetAddressProblem, redirectProblem } from '../../oauth/registered-addresses.ts';
import { parseObject, parseQuery } from './request.ts';

describe('parseObject', () => {
  test('returns an object for any text or refuses it', () => {
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

  test('refuses prototype members and excessive nesting', () => {
    for (const text of [
      '{"__proto__":{}}',
      '{"a":{"__proto__":{"b":1}}}',
      `${'{"a":'.repeat(20)}1${'}'.repeat(20)}`,
    ])
      assert.throws(() => parseObject(text), Refusal);
    assert.deepEqual(parseObject(''), {});
  });
});

test('parseQuery refuses repeated names', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (values) => {
      const read = parseQuery(String(new URLSearchParams(Object.entries(values))));
      for (const [name, value] of new URLSearchParams(Object.entries(values)))
        assert.equal(Object.getOwnPropertyDescriptor(read, name)?.value, value);
    }),
  );
  assert.throws(() => parseQuery('a=1&a=1'), Refusal);
});

describe('registered addresses', () => {
  const rules = fc.record({
    profile: fc.constantFrom('nhs' as const, 'standard' as const, 'fapi2' as const),
    native: fc.boolean(),
  });

  test('never accept an address that runs script', () => {
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

  test('have a maximum length', () => {
    assert.match(
      redirectProblem(`https://a.test/${'a'.repeat(2_100)}`, { profile: 'nhs', native: false }) ?? '',
      /2048/,
    );
  });

  test('require a host for a key set', () => {
    for (const address of ['https://a.test', 'https://a.test/', 'https://a.test?x', 'ftp://a.test/x'])
      assert.ok(keySetAddressProblem(address), address);
    assert.equal(keySetAddressProblem('https://a.test/jwks'), undefined);
  });
});
