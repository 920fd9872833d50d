import { ClientError } from './errors.ts';

/**
 * Parses an NHS number with optional spaces and hyphens and returns its ten digits. Throws `nhs_number_invalid` for a wrong
 * format or check digit. // NHS Data Dictionary, NHS NUMBER
 */
export function parseNhsNumber(text: string): string {
  // A field of a form may be missing, or sent twice.
  const digits = typeof text !== 'string' || text.length > 40 ? '' : text.replace(/[\s-]/g, '');
  if (!/^\d{10}$/.test(digits)) throw new ClientError('nhs_number_invalid', 'An NHS number has ten digits.');
  const sum = [...digits.slice(0, 9)].reduce(
    (total, digit, index) => total + Number(digit) * (10 - index),
    0,
  );
  const check = (11 - (sum % 11)) % 11;
  if (check !== Number(digits[9]))
    throw new ClientError(
      'nhs_number_invalid',
      'That is not an NHS number: its last digit does not fit the others.',
    );
  return digits;
}

/** Formats an NHS number for display: `900 000 0009`. */
export function formatNhsNumber(digits: string): string {
  return `${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`;
}
