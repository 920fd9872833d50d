/**
 * Runs of characters in which secrets are encoded: base64url, hex, and base64 without its slash, which
 * separates path segments.
 */
const run = /[\w+=~-]{24,}/g;
/** NHS numbers, whose first digit is 4 to 9 (times in seconds begin with 1). */
const nhsNumber = /(?<!\d)[4-9]\d{2}[ -]?\d{3}[ -]?\d{4}(?!\d)/g;
const word = /^[A-Za-z]{1,14}\d{0,2}$/;
/** Excludes words with hyphens, such as the name of a realm or a header. */
const isOpaque = (text: string): boolean =>
  /\d/.test(text) && /[A-Za-z]/.test(text) && !text.split(/[-_]/).every((part) => word.test(part));

/**
 * Truncates text from outside to `longest` characters and removes possible secrets, tokens and patient
 * numbers, for logs and reports. This is a second line of defence: reasons do not quote secrets.
 */
export const redacted = (text: string, longest: number): string =>
  text
    .slice(0, longest)
    .replace(run, (found) => (isOpaque(found) ? `${found.slice(0, 4)}… (${found.length} characters)` : found))
    .replace(nhsNumber, '…');

/** Redacts a path for a log: possible tokens, such as that of a one-time link, and personal numbers. */
export const redactedPath = (path: string): string =>
  path
    .slice(0, 500)
    .replace(/\d{9,}/g, '…')
    .replace(/[\w-]{20,}/g, (found) => (/\d/.test(found) && /[A-Z]/.test(found) ? '…' : found));
