import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { fillRandom } from '@alongside/kernel/ids';
import { sha256, type Vault } from '@alongside/kernel/secrets';

/** Ids of one millisecond; more continue in the next one. */
const idsPerMillisecond = 2_048;
/** Milliseconds that ids may be ahead of the clock before it counts as set back. */
const maxAhead = 1_000;

/** Returns ids in the order of time: milliseconds times 2,048 plus a counter. Safe integers until the year 2109. */
export class OrderedIds {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): number {
    const least = firstIdAt(this.#clock.now());
    const isSetBack = this.#last - least > maxAhead * idsPerMillisecond;
    this.#last = isSetBack ? least : Math.max(least, this.#last + 1);
    return this.#last;
  }
}

export const firstIdAt = (milliseconds: number): number => milliseconds * idsPerMillisecond;

const half = 2 ** 32;
const blockBytes = 16;
const valueBytes = 33;
/** Characters of base64url that contain the whole block. */
const blockCharacters = 22;
const form = /^[\w-]{44}$/;
/** An id has 53 bits; the 11 bits before it are the tag. */
const highBits = 21;

/** The place of a row. Not unique: another process may make the same id in the same millisecond. */
export interface Place {
  readonly id: number;
  /** 0 to 2,047, for the table of the row. */
  readonly tag: number;
}

/**
 * Makes random values that carry the place of their row, so that a table in the order of time needs no index by hash. A value is
 * one AES block of the place and 8 random bytes, and 17 more random bytes, as 44 URL-safe characters. Only the key reveals the
 * id, which is the time of creation. Store a value under its id and its hash.
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

  /** Returns the id of a new row. */
  nextId(): number {
    return this.#ids.next();
  }

  make(tag = 0, id = this.nextId()): string {
    const bytes = Buffer.allocUnsafe(valueBytes);
    bytes.writeUInt32BE(tag * 2 ** highBits + Math.floor(id / half), 0);
    bytes.writeUInt32BE(id % half, 4);
    fillRandom(bytes, 8);
    this.#encrypt(bytes.subarray(0, blockBytes)).copy(bytes);
    return bytes.toString('base64url');
  }

  /** Returns the place of a value; undefined for another form, any place for a value that was not made here. */
  placeOf(value: string): Place | undefined {
    if (!form.test(value)) return undefined;
    const block = this.#decrypt(Buffer.from(value.slice(0, blockCharacters), 'base64url'));
    const high = block.readUInt32BE(0);
    return { tag: high >>> highBits, id: (high % 2 ** highBits) * half + block.readUInt32BE(4) };
  }
}

/**
 * Returns the id of a value that carries none, from its hash: less than 2^48, and so before every id of a time since 1975.
 * @param hash SHA-256 as base64url
 */
export const idFromHash = (hash: string): number =>
  Buffer.from(hash.slice(0, 8), 'base64url').readUIntBE(0, 6);

const orderedUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Returns the key of a row that is named by an internal id: its time, and a part that distinguishes ids of one time. An id without a
 * time (RFC 9562 version 7) has its hash as the key.
 */
export function keyOfId(name: string): { id: number; part: number } {
  const digits = (from: number, to: number): number => Number.parseInt(name.slice(from, to), 16);
  const time = orderedUuid.test(name) ? digits(0, 8) * 2 ** 16 + digits(9, 13) : Number.POSITIVE_INFINITY;
  if (time < 2 ** 42) return { id: firstIdAt(time) + (digits(15, 18) >> 1), part: digits(24, 36) };
  const hash = sha256(name);
  return { id: idFromHash(hash), part: idFromHash(hash.slice(8)) };
}
