import { createCipheriv, createDecipheriv, hash, hkdfSync, timingSafeEqual } from 'node:crypto';
import { fillRandom, orderOf } from './ids.ts';

/** Returns SHA-256 as base64url, the stored form of values that are only compared. */
export const sha256 = (value: string | Uint8Array): string => hash('sha256', value, 'base64url');

/** Returns the stored form of a token that names its row: its hash, behind its time if it has one. */
export const orderedHash = (token: string): string => `${orderOf(token)}${sha256(token)}`;

/** Returns the left half of SHA-256 as base64url: `at_hash`, `c_hash`, `s_hash` (OpenID Connect Core section 3.1.3.6). */
export const halfHash = (value: string): string =>
  Buffer.from(hash('sha256', value, 'latin1').slice(0, 16), 'latin1').toString('base64url');

/** Compares two hashes of one form in constant time. Unlike `equalSecrets`, it hashes nothing, so it reveals a difference in length. */
export function equalHashes(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Compares two strings in constant time. */
export const equalSecrets = (a: string, b: string): boolean => equalHashes(sha256(a), sha256(b));

/**
 * Derives a key for each purpose from one master key (RFC 5869), so that one leaked key reveals no other.
 * Encrypts values that must be used again: AES-256-GCM, `name.nonce.ciphertext` in base64url.
 */
export class Vault {
  readonly #master: Uint8Array;
  readonly #derived = new Map<string, Buffer>();

  /** @param master at least 32 bytes; throws for less */
  constructor(master: Uint8Array) {
    if (master.length < 32) throw new Error('The master key must have at least 32 bytes.');
    this.#master = master;
  }

  /** Returns 32 bytes for this purpose, the same at each call and in each process with the master key. */
  derive(purpose: string): Buffer {
    const known = this.#derived.get(purpose);
    if (known) return known;
    const key = Buffer.from(hkdfSync('sha256', this.#master, 'alongside', purpose, 32));
    this.#derived.set(purpose, key);
    return key;
  }

  /** Returns a bearer secret that two services of one installation share. Both derive it, so it is never distributed. */
  serviceSecret(from: string, to: string): string {
    return this.derive(`service:${from}:${to}`).toString('base64url');
  }

  /** Encrypts under the key of this name, which is bound to the ciphertext. */
  seal(name: string, plain: string): string {
    const nonce = Buffer.allocUnsafe(12);
    fillRandom(nonce, 0);
    const cipher = createCipheriv('aes-256-gcm', this.derive(`seal:${name}`), nonce);
    cipher.setAAD(Buffer.from(name));
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${nonce.toString('base64url')}.${body.toString('base64url')}`;
  }

  /** Decrypts a value sealed under the same name. Throws if it was changed or sealed under another key. */
  open(name: string, sealed: string): string {
    const [nonce, body] = sealed.split('.').map((part) => Buffer.from(part, 'base64url'));
    if (!nonce || !body || body.length < 16) throw new Error(`A sealed ${name} is damaged.`);
    const decipher = createDecipheriv('aes-256-gcm', this.derive(`seal:${name}`), nonce);
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(body.subarray(body.length - 16));
    return Buffer.concat([decipher.update(body.subarray(0, body.length - 16)), decipher.final()]).toString(
      'utf8',
    );
  }
}
