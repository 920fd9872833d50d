const zero = '0'.charCodeAt(0);

/**
 * Returns the check digit of nine digits: weights 10 to 2, modulus 11; undefined if it would be 10 (data dictionary, NHS number).
 */
export function checkDigitOf(nine: string): number | undefined {
  let sum = 0;
  for (let at = 0; at < 9; at++) sum += (nine.charCodeAt(at) - zero) * (10 - at);
  const digit = 11 - (sum % 11);
  if (digit === 10) return undefined;
  return digit === 11 ? 0 : digit;
}

/** Returns whether a number is valid: ten digits with the right check digit. Ten zeros are valid, as in the published check. */
export const isNhsNumber = (value: string): boolean =>
  /^[0-9]{10}$/.test(value) && checkDigitOf(value.slice(0, 9)) === Number(value[9]);

/** Returns valid numbers in ascending order, starting from nine digits; skips numbers without a check digit. */
export function* nhsNumbersFrom(nine: number): Generator<string> {
  for (let next = nine; next <= 999_999_999; next++) {
    const digits = String(next).padStart(9, '0');
    const check = checkDigitOf(digits);
    if (check !== undefined) yield `${digits}${check}`;
  }
}
