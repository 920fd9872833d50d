import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatNhsNumber, parseNhsNumber } from './nhs-number.ts';

const VALID = [
  '9000000009',
  '9000000017',
  '9000000025',
  '9000000033',
  '9111231130',
  '9999999999',
  '5182663366',
];

describe('parseNhsNumber', () => {
  test('checks the check digit', () => {
    for (const number of [...VALID, '9727194737', '9990003343']) assert.equal(parseNhsNumber(number), number);
    for (const number of [
      '9000000000',
      '9999999990',
      '1234567890',
      '900000000',
      '90000000090',
      '',
      '٩٠٠٠٠٠٠٠٠٩',
    ]) {
      assert.throws(() => parseNhsNumber(number), { code: 'nhs_number_invalid' });
    }
  });

  test('accepts spaces and hyphens', () => {
    assert.equal(parseNhsNumber(' 900 000 0009 '), '9000000009');
    assert.equal(parseNhsNumber('900-000-0009'), '9000000009');
    assert.equal(formatNhsNumber('9000000009'), '900 000 0009');
  });

  test('refuses any single changed digit and any two swapped neighbours', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VALID), fc.nat(9), fc.nat(9), (number, at, digit) => {
        const changed = number.slice(0, at) + digit + number.slice(at + 1);
        if (changed === number) return;
        assert.throws(() => parseNhsNumber(changed), { code: 'nhs_number_invalid' });
      }),
    );
  });

  test('accepts or refuses any text and throws nothing else', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        try {
          assert.match(parseNhsNumber(text), /^\d{10}$/);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'nhs_number_invalid');
        }
      }),
    );
  });
});
