import { createHash } from 'node:crypto';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemClock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import { OperatorError } from '@alongside/kernel/operator';
import { renameSafely } from '@alongside/kernel/rename';

// The part of tar (POSIX.1-2017 pax, section "ustar Interchange Format") that a backup needs: regular files, one after another. The
// size of a dump is known only after it was written, and libraries want it first, so its header is written last, in place.

const block = 512;
const padding = (bytes: number): number => (block - (bytes % block)) % block;
/** Sizes beyond 11 octal digits have the binary form of GNU tar. */
const maxOctal = 8 ** 11 - 1;

function sizeField(bytes: number): Buffer {
  if (bytes <= maxOctal) return Buffer.from(`${bytes.toString(8).padStart(11, '0')}\0`, 'latin1');
  const field = Buffer.alloc(12);
  field.writeBigUInt64BE(BigInt(bytes), 4);
  field[0] = 0x80;
  return field;
}

const sumOf = (header: Buffer): number => {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return sum;
};

function headerOf(name: string, bytes: number): Buffer {
  const header = Buffer.alloc(block);
  header.write(name, 0, 'latin1');
  const seconds = Math.floor(systemClock.now() / 1_000);
  header.write('0000600\0' + '0000000\0' + '0000000\0', 100, 'latin1');
  sizeField(bytes).copy(header, 124);
  header.write(`${seconds.toString(8).padStart(11, '0')}\0`, 136, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** A file in an archive. */
export interface Entry {
  readonly name: string;
  readonly bytes: number;
  /** Position of its first byte. */
  readonly start: number;
}

const textAt = (header: Buffer, from: number, length: number): string =>
  header.toString('latin1', from, from + length).split('\0', 1)[0] ?? '';

function entryIn(header: Buffer, at: number): Entry | undefined {
  const isTar = textAt(header, 257, 5) === 'ustar';
  if (!isTar || Number.parseInt(textAt(header, 148, 8), 8) !== sumOf(header)) return undefined;
  const octal = textAt(header, 124, 12);
  const bytes = header[124] === 0x80 ? Number(header.readBigUInt64BE(128)) : Number.parseInt(octal, 8);
  // A negative size would lead back to this header.
  if (!(bytes >= 0)) return undefined;
  return { name: textAt(header, 0, 100), bytes, start: at + block };
}

/** Receives the number of processed bytes. */
export type Progress = (bytes: number) => void;

export interface Reading {
  progress?: Progress;
  signal?: AbortSignal;
}

/** Flushes the name of a file to the disk. Windows cannot open a folder. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/** Writes an archive next to its target, which it replaces only when everything is on the disk. */
export class ArchiveWriter {
  readonly #target: string;
  readonly #draft: string;
  readonly #file: FileHandle;
  #end = 0;

  private constructor(target: string, draft: string, file: FileHandle) {
    this.#target = target;
    this.#draft = draft;
    this.#file = file;
  }

  /** @throws OperatorError */
  static async create(target: string): Promise<ArchiveWriter> {
    const draft = `${target}.${randomToken(6)}.part`;
    try {
      return new ArchiveWriter(target, draft, await open(draft, 'wx', 0o600));
    } catch (error) {
      throw new OperatorError(`The backup ${target} cannot be written: ${reasonOf(error)}.`);
    }
  }

  /** Appends a file. @throws OperatorError */
  async add(
    name: string,
    parts: Iterable<Buffer> | AsyncIterable<Buffer>,
    progress: Progress = () => undefined,
  ) {
    const header = this.#end;
    const start = header + block;
    const digest = createHash('sha256');
    let bytes = 0;
    for await (const part of parts) {
      await this.#write(part, start + bytes);
      digest.update(part);
      bytes += part.length;
      progress(bytes);
    }
    await this.#write(Buffer.alloc(padding(bytes)), start + bytes);
    await this.#write(headerOf(name, bytes), header);
    this.#end = start + bytes + padding(bytes);
    return { name, bytes, sha256: digest.digest('hex') };
  }

  /** Ends the archive and gives it its name. @throws OperatorError */
  async commit(): Promise<void> {
    await this.#write(Buffer.alloc(2 * block), this.#end);
    await this.#attempt(async () => {
      await this.#file.sync();
      await this.#file.close();
      await renameSafely(this.#draft, this.#target);
      await syncFolder(dirname(this.#target));
    });
  }

  /** Removes the draft; does nothing after `commit`. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(this.#draft, { force: true });
  }

  #write(data: Buffer, position: number): Promise<void> {
    return this.#attempt(async () => {
      for (let done = 0; done < data.length; )
        done += (await this.#file.write(data, done, data.length - done, position + done)).bytesWritten;
    });
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw new OperatorError(`The backup ${this.#target} cannot be written: ${reasonOf(error)}.`);
    }
  }
}

export class ArchiveReader {
  readonly path: string;
  readonly #file: FileHandle;
  readonly entries: readonly Entry[];

  private constructor(path: string, file: FileHandle, entries: readonly Entry[]) {
    this.path = path;
    this.#file = file;
    this.entries = entries;
  }

  /** @throws OperatorError */
  static async open(path: string): Promise<ArchiveReader> {
    let file: FileHandle;
    try {
      // Opening a pipe would wait for its writer.
      if (!(await stat(path)).isFile()) throw new Error('it is not a file');
      file = await open(path, 'r');
    } catch (error) {
      throw new OperatorError(`The backup ${path} cannot be read: ${reasonOf(error)}.`);
    }
    try {
      return new ArchiveReader(path, file, await entriesOf(file, path));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Returns the bytes of an entry. */
  async *read(
    { start, bytes }: Entry,
    { progress = () => undefined, signal }: Reading = {},
  ): AsyncGenerator<Buffer> {
    const size = 1 << 20;
    for (let done = 0; done < bytes; ) {
      signal?.throwIfAborted();
      const part = Buffer.allocUnsafe(Math.min(size, bytes - done));
      const { bytesRead } = await this.#file.read(part, 0, part.length, start + done);
      if (bytesRead === 0) throw damaged(this.path, 'it ends early');
      yield part.subarray(0, bytesRead);
      done += bytesRead;
      progress(done);
    }
  }

  /** Returns the SHA-256 of an entry in hexadecimal. */
  async digest(entry: Entry, reading: Reading): Promise<string> {
    const digest = createHash('sha256');
    for await (const part of this.read(entry, reading)) digest.update(part);
    return digest.digest('hex');
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

export const damaged = (path: string, how: string): OperatorError =>
  new OperatorError(`The backup ${path} is damaged: ${how}. Use another backup.`);

async function entriesOf(file: FileHandle, path: string): Promise<Entry[]> {
  const { size } = await file.stat();
  const entries: Entry[] = [];
  const header = Buffer.alloc(block);
  for (let at = 0; (await file.read(header, 0, block, at)).bytesRead === block; ) {
    const entry = entryIn(header, at);
    if (!entry && entries.length > 0 && header.every((byte) => byte === 0)) return entries;
    if (!entry) break;
    if (entry.start + entry.bytes > size) throw damaged(path, 'it ends early');
    entries.push(entry);
    at = entry.start + entry.bytes + padding(entry.bytes);
  }
  if (entries.length > 0) throw damaged(path, 'it ends early, or a header was changed');
  throw new OperatorError(`${path} is not a backup of Alongside.`);
}
