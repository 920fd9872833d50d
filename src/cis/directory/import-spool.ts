import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes of a block. */
const blockSize = 65_536;
const algorithm = 'aes-256-gcm';

/** Numbers of a record: its block, its place and length there, and its line. */
const numbersOfRecord = 4;

interface StoredBlock {
  position: number;
  length: number;
  tag: Buffer;
}

/**
 * The records of a file between its two passes: the last block is in memory, earlier ones are in a temporary file. The key of the
 * file is only in memory, so that a crash leaves nothing readable. A small file stays in memory.
 */
export class ImportSpool {
  readonly #key = randomBytes(32);
  readonly #blocks: StoredBlock[] = [];
  // Numbers instead of objects, which the garbage collector would visit.
  #records = new Uint32Array(numbersOfRecord * 1_024);
  #count = 0;
  #folder: string | undefined;
  #file: number | undefined;
  #size = 0;
  #last: Buffer[] = [];
  #lastLength = 0;
  #read: { block: number; bytes: Buffer } | undefined;

  /** Adds a record, and returns its number. */
  add(text: string, line: number): number {
    const bytes = Buffer.from(text);
    if (this.#lastLength > 0 && this.#lastLength + bytes.length > blockSize) this.#storeLast();
    const number = this.#count++;
    if (this.#records.length < this.#count * numbersOfRecord) {
      const more = new Uint32Array(this.#records.length * 2);
      more.set(this.#records);
      this.#records = more;
    }
    this.#records.set([this.#blocks.length, this.#lastLength, bytes.length, line], number * numbersOfRecord);
    this.#last.push(bytes);
    this.#lastLength += bytes.length;
    return number;
  }

  read(number: number): string {
    const [block = 0, offset = 0, length = 0] = this.#numbersOf(number);
    return this.#bytesOf(block)
      .subarray(offset, offset + length)
      .toString('utf8');
  }

  /** Returns its line, and its length in bytes. */
  about(number: number): { line: number; length: number } {
    const [, , length = 0, line = 0] = this.#numbersOf(number);
    return { line, length };
  }

  /** Deletes the temporary file. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#removeFolder();
  }

  #numbersOf(number: number): Uint32Array {
    return this.#records.subarray(number * numbersOfRecord, (number + 1) * numbersOfRecord);
  }

  #removeFolder(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  #storeLast(): void {
    if (this.#file === undefined) {
      this.#folder = mkdtempSync(join(tmpdir(), 'alongside-import-'));
      this.#file = openSync(join(this.#folder, 'records'), 'wx+', 0o600);
      // An open file needs no name, except on Windows.
      if (process.platform !== 'win32') this.#removeFolder();
    }
    const cipher = createCipheriv(algorithm, this.#key, nonceOf(this.#blocks.length));
    const bytes = Buffer.concat([...this.#last.map((part) => cipher.update(part)), cipher.final()]);
    writeSync(this.#file, bytes, 0, bytes.length, this.#size);
    this.#blocks.push({ position: this.#size, length: bytes.length, tag: cipher.getAuthTag() });
    this.#size += bytes.length;
    this.#last = [];
    this.#lastLength = 0;
  }

  #bytesOf(block: number): Buffer {
    const stored = this.#blocks[block];
    if (!stored || this.#file === undefined) {
      if (this.#last.length > 1) this.#last = [Buffer.concat(this.#last)];
      return this.#last[0] ?? Buffer.alloc(0);
    }
    if (this.#read?.block !== block) {
      const sealed = Buffer.alloc(stored.length);
      readSync(this.#file, sealed, 0, stored.length, stored.position);
      const decipher = createDecipheriv(algorithm, this.#key, nonceOf(block)).setAuthTag(stored.tag);
      this.#read = { block, bytes: Buffer.concat([decipher.update(sealed), decipher.final()]) };
    }
    return this.#read.bytes;
  }
}

/** Each block is encrypted once, so its number is its nonce (NIST SP 800-38D section 8.2.1). */
function nonceOf(block: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(block, 8);
  return nonce;
}
