import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { codeAt, codeOf, keyUri, newSecret, stepOf } from './codes.ts';

// The secret of RFC 6238 appendix B, base32; its codes have eight digits there, of which six are shown.
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
    test(`at ${seconds} it is ${code}`, () => assert.equal(codeAt(secret, seconds * 1000), code));
});

describe('which step a code is of', () => {
  const now = 1_234_567_890_000;
  const step = Math.floor(now / 30_000);
  const at = (offset: number) => codeAt(secret, (step + offset) * 30_000);
  const cases: [string, number, number | null, number | undefined][] = [
    ['of now', 0, null, step],
    ['the one before', -1, null, step - 1],
    ['the next one', 1, null, step + 1],
    ['two before', -2, null, undefined],
    ['two ahead', 2, null, undefined],
    ['of now, used before', 0, step, undefined],
    ['the one before, when the one of now was used', -1, step, undefined],
    ['of now, when the one before was used', 0, step - 1, step],
    ['the next one, when the one of now was used', 1, step, step + 1],
  ];
  for (const [name, offset, last, expected] of cases)
    test(name, () => assert.equal(stepOf(secret, at(offset), now, last), expected));
  test('each counts once, in whatever order they come', () => {
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

describe('what somebody types', () => {
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
    test(`${JSON.stringify(given)?.slice(0, 20)}: ${code ?? 'no code'}`, () =>
      assert.equal(codeOf(given), code));
  test('is six digits or nothing', () => {
    fc.assert(fc.property(fc.string(), (text) => /^[0-9]{6}$/.test(codeOf(text) ?? '000000')));
  });
});

test('a new secret has 160 bits, and the address for the app says what apps assume', () => {
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
