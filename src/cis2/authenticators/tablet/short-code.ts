import { randomToken } from '@alongside/kernel/ids';

// No vowels, so no words; no letters that look like digits (RFC 8628 section 6.1).
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** Bytes from here on would make some letters likelier than others. */
const fair = 256 - (256 % letters.length);

/** A code that a person can type: 34 bits. */
export function newShortCode(): string {
  let code = '';
  while (code.length < length)
    for (const byte of Buffer.from(randomToken(), 'base64url'))
      if (byte < fair && code.length < length) code += letters[byte % letters.length];
  return code;
}

/** As it is shown: two groups. */
export const grouped = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

/** Reads what somebody typed or scanned; undefined when it cannot be a code. */
export function shortCodeOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 32) return undefined;
  const code = text.toUpperCase().replace(/[\s-]/g, '');
  return code.length === length && [...code].every((letter) => letters.includes(letter)) ? code : undefined;
}
