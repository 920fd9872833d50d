import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes of a block. */
const blockSize = 65_536;
const algorithm = 'aes-256-gcm';

/** Where a record is. */
export interface Place {
  readonly block: number;
  readonly offset: number;
  readonly length: number;
}

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
  #folder: string | undefined;
  #file: number | undefined;
  #size = 0;
  #last: Buffer[] = [];
  #lastLength = 0;
  #read: { block: number; bytes: Buffer } | undefined;

  add(text: string): Place {
    const bytes = Buffer.from(text);
    if (this.#lastLength > 0 && this.#lastLength + bytes.length > blockSize) this.#storeLast();
    const place = { block: this.#blocks.length, offset: this.#lastLength, length: bytes.length };
    this.#last.push(bytes);
    this.#lastLength += bytes.length;
    return place;
  }

  read({ block, offset, length }: Place): string {
    return this.#bytesOf(block)
      .subarray(offset, offset + length)
      .toString('utf8');
  }

  /** Deletes the temporary file. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#removeFolder();
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
