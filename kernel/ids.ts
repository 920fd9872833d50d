import * as crypto from 'node:crypto';
import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** A random URL-safe string with that many bytes of entropy; 32 bytes make 43 characters. */
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString('base64url');

/** A random UUID (RFC 9562 version 4). */
export const uuid = (): string => randomUUID();

/**
 * A UUID that begins with the time (RFC 9562 version 7), so that what is made together lies together in an index; of version 4
 * on a Node that makes none. For what stays within: it tells when it was made.
 */
export const orderedId = (): string => crypto.randomUUIDv7?.() ?? randomUUID();

/** A random string of decimal digits that does not begin with 0. */
export const randomDigits = (length: number): string => {
  let digits = String(randomInt(1, 10));
  while (digits.length < length) digits += String(randomInt(0, 10));
  return digits;
};

/** True with this probability, 0 to 1. */
export const chance = (probability: number): boolean => randomInt(0, 1_000_000) < probability * 1_000_000;

/** As `randomToken`, in plain base64, which has `+`, `/` and `=`: each of them stands in it. */
export const randomBase64 = (bytes: number): string => {
  for (;;) {
    const value = randomBytes(bytes).toString('base64');
    if (/\+/.test(value) && /\//.test(value) && value.endsWith('=')) return value;
  }
};
