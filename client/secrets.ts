import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** An unguessable URL-safe value: 256 bits unless asked otherwise. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** Compares without telling, by the time it takes, how much of two values is equal or how long they are. */
export function sameSecret(left: string, right: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value, 'utf8').digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** SHA-256 of a text as base64url without padding. */
export function sha256(value: string): string {
  return createHash('sha256').update(value, 'utf8').digest('base64url');
}

const SHORTEST_HIDDEN = 8;
const LONGEST_WORDS = 1000;

/**
 * Words of a server or of a browser as they may be printed: in one line, not endless, and without the secrets that
 * were sent, which some servers quote.
 */
export function printable(text: string, secrets: readonly (string | undefined)[] = []): string {
  const hidden = secrets
    .filter((secret) => secret !== undefined && secret.length >= SHORTEST_HIDDEN)
    .reduce((words: string, secret) => words.replaceAll(secret ?? '', '[redacted]'), text);
  return hidden.replace(/\p{Cc}/gu, ' ').slice(0, LONGEST_WORDS);
}

/** Has an object print some of its members as redacted; in every other respect it stays what it is. */
export function printedWithout<T extends object>(value: T, ...names: (keyof T & string)[]): T {
  const shown = () => ({ ...value, ...Object.fromEntries(names.map((name) => [name, '[redacted]'])) });
  return Object.defineProperty(value, Symbol.for('nodejs.util.inspect.custom'), { value: shown });
}
