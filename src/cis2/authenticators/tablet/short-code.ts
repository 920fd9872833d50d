import { randomInt } from 'node:crypto';

// No vowels, so no words; no letters that look like digits (RFC 8628 section 6.1).
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** A code that a person can type: 34 bits. */
export const newShortCode = (): string =>
  Array.from({ length }, () => letters[randomInt(letters.length)]).join('');

/** As it is shown: two groups. */
export const grouped = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

/** Reads what somebody typed or scanned; undefined when it cannot be a code. */
export function shortCodeOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 32) return undefined;
  const code = text.toUpperCase().replace(/[\s-]/g, '');
  return code.length === length && [...code].every((letter) => letters.includes(letter)) ? code : undefined;
}
