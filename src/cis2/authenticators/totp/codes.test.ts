import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { codeAt, codeOf, keyUri, newSecret, stepOf } from './codes.ts';

// The secret of RFC 6238 appendix B, base32. Its codes have eight digits there, and six here.
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('codes (RFC 6238 appendix B)', () => {
  const vectors: [number, string][] = [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ];
  for (const [seconds, code] of vectors)
    test(`is ${code} at ${seconds}`, () => assert.equal(codeAt(secret, seconds * 1000), code));
});

describe('step of a code', () => {
  const now = 1_234_567_890_000;
  const step = Math.floor(now / 30_000);
  const at = (offset: number) => codeAt(secret, (step + offset) * 30_000);
  const cases: [string, number, number | null, number | undefined][] = [
    ['accepts the current code', 0, null, step],
    ['accepts the previous code', -1, null, step - 1],
    ['accepts the next code', 1, null, step + 1],
    ['refuses the code before the previous one', -2, null, undefined],
    ['refuses the code after the next one', 2, null, undefined],
    ['refuses the current code after its use', 0, step, undefined],
    ['refuses the previous code after the use of the current one', -1, step, undefined],
    ['accepts the current code after the use of the previous one', 0, step - 1, step],
    ['accepts the next code after the use of the current one', 1, step, step + 1],
  ];
  for (const [name, offset, last, expected] of cases)
    test(name, () => assert.equal(stepOf(secret, at(offset), now, last), expected));
  test('accepts each code once, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 12 }), (offsets) => {
        let last: number | null = null;
        const used: number[] = [];
        for (const offset of offsets) {
          const found = stepOf(secret, at(offset), now, last);
          if (found === undefined) continue;
          last = found;
          used.push(found);
        }
        assert.equal(new Set(used).size, used.length);
        assert.ok(used.every((one) => Math.abs(one - step) <= 1));
      }),
    );
  });
});

describe('typed code', () => {
  const cases: [string | undefined, string | undefined][] = [
    ['123456', '123456'],
    [' 123 456 ', '123456'],
    ['123-456', '123456'],
    ['000000', '000000'],
    ['12345', undefined],
    ['1234567', undefined],
    ['12345a', undefined],
    ['１２３４５６', undefined],
    ['', undefined],
    [undefined, undefined],
    ['1'.repeat(100_000), undefined],
  ];
  for (const [given, code] of cases)
    test(`reads ${JSON.stringify(given)?.slice(0, 20)} as ${code ?? 'undefined'}`, () =>
      assert.equal(codeOf(given), code));
  test('reads six digits or nothing from any text', () => {
    fc.assert(fc.property(fc.string(), (text) => /^[0-9]{6}$/.test(codeOf(text) ?? '000000')));
  });
});

test('a new secret has 160 bits, and its URI contains the defaults of apps', () => {
  const made = newSecret();
  assert.match(made, /^[A-Z2-7]{32}$/);
  assert.notEqual(newSecret(), made);
  const uri = new URL(keyUri(made, 'ada@example.test', 'Alongside'));
  assert.equal(uri.protocol, 'otpauth:');
  assert.deepEqual(Object.fromEntries(uri.searchParams), {
    issuer: 'Alongside',
    secret: made,
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  });
});
