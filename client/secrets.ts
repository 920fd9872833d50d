import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** Returns a random URL-safe value; 256 bits by default. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** Returns a random number from 0.5 to 1, so that clients do not retry at the same moment. */
export function jitter(): number {
  return randomInt(500, 1001) / 1000;
}

/** Compares two values of any length in constant time. */
export function sameSecret(left: string, right: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value, 'utf8').digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** Returns SHA-256 of a text as base64url without padding. */
export function sha256(value: string): string {
  return createHash('sha256').update(value, 'utf8').digest('base64url');
}

const SHORTEST_HIDDEN = 8;
const LONGEST_WORDS = 1000;

/**
 * Prepares text of a server or browser for a log: one line, truncated, and without the secrets of the request, which some servers
 * quote.
 */
export function printable(text: string, secrets: readonly (string | undefined)[] = []): string {
  const hidden = secrets
    .filter((secret) => secret !== undefined && secret.length >= SHORTEST_HIDDEN)
    .reduce((words: string, secret) => words.replaceAll(secret ?? '', '[redacted]'), text);
  return hidden.replace(/\p{Cc}/gu, ' ').slice(0, LONGEST_WORDS);
}

/** Makes an object print some members as redacted; it does not change otherwise. */
export function printedWithout<T extends object>(value: T, ...names: (keyof T & string)[]): T {
  const shown = () => ({ ...value, ...Object.fromEntries(names.map((name) => [name, '[redacted]'])) });
  return Object.defineProperty(value, Symbol.for('nodejs.util.inspect.custom'), { value: shown });
}

/** A PKCE pair: the verifier stays in the application, the challenge is sent in the authorization request. */
export interface ProofKey {
  verifier: string;
  challenge: string;
}

/** Creates a PKCE pair for S256. // RFC 7636 sections 4.1 and 4.2 */
export function createProofKey(): ProofKey {
  const verifier = randomToken();
  return { verifier, challenge: sha256(verifier) };
}
