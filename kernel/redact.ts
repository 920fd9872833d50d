/** Runs of characters in which secrets are written: base64url, hex, base64 but its slash, which separates segments of paths. */
const run = /[\w+=~-]{24,}/g;
/** NHS numbers, whose first digit is 4 to 9 (times in seconds begin with 1). */
const nhsNumber = /(?<!\d)[4-9]\d{2}[ -]?\d{3}[ -]?\d{4}(?!\d)/g;
const word = /^[A-Za-z]{1,14}\d{0,2}$/;
/** Not words with hyphens between, such as the name of a realm or a header. */
const isOpaque = (text: string): boolean =>
  /\d/.test(text) && /[A-Za-z]/.test(text) && !text.split(/[-_]/).every((part) => word.test(part));

/**
 * Text from outside as a log or a report may show it: cut to `longest` characters, without what may be a secret, a token or
 * the number of a patient. A second line of defence: reasons do not quote secrets in the first place.
 */
export const redacted = (text: string, longest: number): string =>
  text
    .slice(0, longest)
    .replace(run, (found) => (isOpaque(found) ? `${found.slice(0, 4)}… (${found.length} characters)` : found))
    .replace(nhsNumber, '…');

/** A path as a log may show it: without what may be a token, of a one-time link say, or the number of a person. */
export const redactedPath = (path: string): string =>
  path
    .slice(0, 500)
    .replace(/\d{9,}/g, '…')
    .replace(/[\w-]{20,}/g, (found) => (/\d/.test(found) && /[A-Z]/.test(found) ? '…' : found));
