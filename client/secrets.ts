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
