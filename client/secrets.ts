/** Returns a random URL-safe value of 256 bits. */
export function randomToken(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

/** Returns a random number from 0.5 to 1, so that clients do not retry at the same moment. */
export function jitter(): number {
  const [value = 0] = crypto.getRandomValues(new Uint16Array(1));
  return 0.5 + value / 131_070;
}

/** Compares two values of any length in constant time. */
export function sameSecret(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index += 1)
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index % (right.length || 1));
  return difference === 0;
}

/** Encodes bytes. // RFC 4648 section 5, without padding */
export function base64url(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
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

/** Formats a value of another party that is not secret, such as a name or an address, and truncates it. */
export function shown(value: unknown): string {
  if (value === undefined) return 'none';
  try {
    return printable(JSON.stringify(value)).slice(0, 200);
  } catch {
    return 'a value that is nested too deep';
  }
}

/** Makes an object print some members as redacted; it does not change otherwise. */
export function printedWithout<T extends object>(value: T, ...names: (keyof T & string)[]): T {
  const shown = () => ({ ...value, ...Object.fromEntries(names.map((name) => [name, '[redacted]'])) });
  return Object.defineProperty(value, Symbol.for('nodejs.util.inspect.custom'), { value: shown });
}
