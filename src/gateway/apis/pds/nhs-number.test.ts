import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkDigitOf, isNhsNumber, nhsNumbersFrom } from './nhs-number.ts';

describe('isNhsNumber', () => {
  const right = [
    '9000000009',
    '9000000017',
    '9000000025',
    '9000000033',
    '9111231130',
    '9999999999',
    '5182663366',
    '9727194737',
    '9990003343',
    '0000000000',
  ];
  for (const number of right) test(`accepts ${number}`, () => assert.equal(isNhsNumber(number), true));

  const wrong = [
    '9000000000',
    '9999999990',
    '1234567890',
    '',
    '900000000',
    '90000000090',
    '900 000 0009',
    ' 9000000009',
    '9000000009\n',
    '９０００００００0９',
    '9e8',
    '-900000009',
  ];
  for (const number of wrong)
    test(`refuses ${JSON.stringify(number)}`, () => assert.equal(isNhsNumber(number), false));

  test('accepts at most one check digit, and refuses one changed digit or two swapped ones', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9]{9}$/),
        fc.nat(8),
        fc.integer({ min: 1, max: 9 }),
        (nine, at, by) => {
          const whole = [...'0123456789'].map((digit) => nine + digit).filter(isNhsNumber);
          const check = checkDigitOf(nine);
          assert.deepEqual(whole, check === undefined ? [] : [`${nine}${check}`]);
          const [number] = whole;
          if (number === undefined) return;
          const changed = number.slice(0, at) + String((Number(number[at]) + by) % 10) + number.slice(at + 1);
          assert.equal(isNhsNumber(changed), false);
          const swapped = number.slice(0, at) + number[at + 1] + number[at] + number.slice(at + 2);
          assert.equal(isNhsNumber(swapped), swapped === number);
        },
      ),
    );
  });

  test('nhsNumbersFrom returns valid numbers in ascending order and ends', () => {
    const numbers = [...nhsNumbersFrom(999_999_900)];
    assert.ok(numbers.length > 80 && numbers.every(isNhsNumber));
    assert.deepEqual(numbers, [...new Set(numbers)].sort());
  });
});
