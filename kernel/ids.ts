import * as crypto from 'node:crypto';
import { randomBytes, randomFillSync, randomInt, randomUUID } from 'node:crypto';

/** Random bytes in advance, because a call of the generator costs more than its bytes. Each is used once and then cleared. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** Takes bytes of the pool, which `use` must not keep. */
function takeRandom<T>(bytes: number, use: (start: number, end: number) => T): T {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += bytes;
  const taken = use(start, used);
  pool.fill(0, start, used);
  return taken;
}

/** Returns a random URL-safe string with this many bytes of entropy; 32 bytes are 43 characters. */
export const randomToken = (bytes = 32): string =>
  bytes > pool.length
    ? randomBytes(bytes).toString('base64url')
    : takeRandom(bytes, (start, end) => pool.toString('base64url', start, end));

/** Fills the rest of a buffer of at most 4 KiB with random bytes. */
export const fillRandom = (buffer: Buffer, from: number): void =>
  takeRandom(buffer.length - from, (start, end) => void pool.copy(buffer, from, start, end));

/** Returns a random UUID (RFC 9562 version 4). */
export const uuid = (): string => randomUUID();

/**
 * Returns a UUID that begins with the time (RFC 9562 version 7), so that values created together are close in
 * an index. Version 4 on older versions of Node. For internal use only, because it reveals its time of
 * creation.
 */
export const orderedId = (): string => crypto.randomUUIDv7?.() ?? randomUUID();

/** Hexadecimal digits of the time at the start of an ordered token. */
const timeDigits = 12;

/**
 * Returns a random token behind its time, so that the rows of tokens made together are close in an index. It reveals its time of
 * creation.
 * @param bytes of entropy, 24 to 32
 */
export const orderedToken = (bytes = 32): string =>
  `${orderedId().replace('-', '').slice(0, timeDigits)}${randomToken(bytes)}`;

const orderedTokenForm = /^[\da-f]{12}[\w-]{32,43}$/;

/** Returns the time in an ordered token; empty for any other text. */
export const orderOf = (token: string): string =>
  orderedTokenForm.test(token) ? token.slice(0, timeDigits) : '';

/** Returns a `traceparent` (W3C Trace Context) whose trace has the digits of this UUID. */
export const newTraceparent = (id: string): string =>
  `00-${id.replaceAll('-', '')}-${randomBytes(8).toString('hex')}-01`;

/** Returns random decimal digits that do not begin with 0. */
export const randomDigits = (length: number): string => {
  let digits = String(randomInt(1, 10));
  while (digits.length < length) digits += String(randomInt(0, 10));
  return digits;
};

/** Returns true with this probability, 0 to 1. */
export const chance = (probability: number): boolean => randomInt(0, 1_000_000) < probability * 1_000_000;

/** Returns a random string in plain base64 that contains each of `+`, `/` and `=`. */
export const randomBase64 = (bytes: number): string => {
  for (;;) {
    const value = randomBytes(bytes).toString('base64');
    if (/\+/.test(value) && /\//.test(value) && value.endsWith('=')) return value;
  }
};

/** Maximum length of a client's id. */
const maxIdLength = 200;

/** Returns the id of a header; undefined if it is absent or too long to be stored. */
export const headerId = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= maxIdLength ? value : undefined;
