import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';

/** Ids of one millisecond; more continue in the next one. */
const idsPerMillisecond = 2_048;
/** Milliseconds that ids may be ahead of the clock before it counts as set back. */
const mostAhead = 1_000;

/** Returns ids in the order of time: milliseconds times 2,048 plus a counter. Safe integers until the year 2109. */
export class OrderedIds {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): number {
    const least = firstIdAt(this.#clock.now());
    const isSetBack = this.#last - least > mostAhead * idsPerMillisecond;
    this.#last = isSetBack ? least : Math.max(least, this.#last + 1);
    return this.#last;
  }
}

/** Returns the first id of a millisecond. */
export const firstIdAt = (milliseconds: number): number => milliseconds * idsPerMillisecond;

/** An id has 8 bytes, of which the first 11 bits are 0. */
const halfBytes = 4;
const half = 2 ** 32;
const blockBytes = 16;
const valueBytes = 33;
/** Characters of base64url that contain the whole block. */
const blockCharacters = 22;
const form = /^[\w-]{44}$/;

export interface PlacedValue {
  /** Not unique: another process may make the same id in the same millisecond. */
  readonly id: number;
  /** 44 URL-safe characters. */
  readonly value: string;
}

/**
 * Makes random values that carry the place of their row, so that a table in the order of time needs no index by hash. A value is
 * one AES block of the id and 8 random bytes, and 17 more random bytes. Only the key reveals the id, which is the time of
 * creation. Store a value under its id and its hash.
 */
export class PlacedValues {
  readonly #ids: OrderedIds;
  readonly #encrypt: (block: Buffer) => Buffer;
  readonly #decrypt: (block: Buffer) => Buffer;

  /** @param purpose names the key: never change it for stored values */
  constructor(vault: Vault, clock: Clock, purpose: string) {
    this.#ids = new OrderedIds(clock);
    const key = vault.derive(`place:${purpose}`);
    // A cipher without padding and chaining returns each block at once, so one serves for all values.
    const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    const decipher = createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    this.#encrypt = (block) => cipher.update(block);
    this.#decrypt = (block) => decipher.update(block);
  }

  make(): PlacedValue {
    const id = this.#ids.next();
    const bytes = Buffer.allocUnsafe(valueBytes);
    bytes.writeUInt32BE(Math.floor(id / half), 0);
    bytes.writeUInt32BE(id % half, halfBytes);
    randomFillSync(bytes, 2 * halfBytes);
    this.#encrypt(bytes.subarray(0, blockBytes)).copy(bytes);
    return { id, value: bytes.toString('base64url') };
  }

  /** Returns the id of a value; undefined for a value of another form, and for nearly all that were not made here. */
  idOf(value: string): number | undefined {
    if (!form.test(value)) return undefined;
    const block = this.#decrypt(Buffer.from(value.slice(0, blockCharacters), 'base64url'));
    const id = block.readUInt32BE(0) * half + block.readUInt32BE(halfBytes);
    return Number.isSafeInteger(id) ? id : undefined;
  }
}

/**
 * Returns the place of a value that carries none, from its hash: negative, and so before all others.
 * @param hash SHA-256 as base64url
 */
export const placeFromHash = (hash: string): number =>
  -1 - Buffer.from(hash.slice(0, 8), 'base64url').readUIntBE(0, 6);
