import { closeSync, fstatSync, openSync, readdirSync, rmSync, write, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemClock } from './clock.ts';
import { reasonOf } from './errors.ts';
import { OperatorError } from './operator.ts';
import { renameSafelySync } from './rename.ts';

export interface LogFileOptions {
  readonly path: string;
  /** Size in bytes from which a new file is begun. */
  readonly largest: number;
  /** Milliseconds after which a new file is begun. */
  readonly oldest: number;
  /** Number of earlier files that are kept. */
  readonly kept: number;
}

/** Milliseconds between two reports of the same trouble. */
const reportAgainAfter = 60_000;

/** The end of the name of an earlier file: when it was closed. */
const closed = /^\.\d{8}T\d{9}Z$/;

/**
 * A file of log lines, of which a new one is begun once it is large or old. No request waits for it, and none fails with it: lines
 * that cannot be written, for example to a full disk, are lost.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  readonly #report: (message: string) => void;
  readonly #maxWaiting: number;
  #descriptor: number;
  #size = 0;
  #since = 0;
  #waiting = '';
  #isWriting = false;
  #reportedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param maxWaiting characters that may wait while the disk does not respond
   * @param report is told what is wrong with the file, once a minute at most
   * @throws OperatorError if the file cannot be opened
   */
  constructor(options: LogFileOptions, maxWaiting: number, report: (message: string) => void) {
    this.#options = options;
    this.#maxWaiting = maxWaiting;
    this.#report = report;
    try {
      this.#descriptor = this.#open();
    } catch (error) {
      throw new OperatorError(
        `The log file ${options.path} cannot be opened: ${reasonOf(error)}. Set another with --log-file.`,
      );
    }
  }

  write(lines: string): void {
    if (this.#waiting.length < this.#maxWaiting) this.#waiting += lines;
    if (!this.#isWriting) this.#writeWaiting();
  }

  /** Writes what waits, at the end of the process. */
  flushSync(): void {
    try {
      writeSync(this.#descriptor, this.#waiting);
    } catch (error) {
      this.#tell('written', error);
    }
    this.#waiting = '';
  }

  #writeWaiting(): void {
    const { largest, oldest } = this.#options;
    if (this.#size > 0 && (this.#size >= largest || systemClock.now() - this.#since >= oldest))
      this.#rotate();
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    this.#isWriting = true;
    write(this.#descriptor, bytes, (error, written) => {
      this.#isWriting = false;
      this.#size += written;
      if (error) this.#tell('written', error);
      else if (written < bytes.length) this.#waiting = bytes.toString('utf8', written) + this.#waiting;
      if (this.#waiting !== '') this.#writeWaiting();
    });
  }

  #open(): number {
    const descriptor = openSync(this.#options.path, 'a', 0o600);
    const { size, birthtimeMs } = fstatSync(descriptor);
    this.#size = size;
    this.#since = size > 0 ? birthtimeMs : systemClock.now();
    return descriptor;
  }

  #rotate(): void {
    const { path, kept } = this.#options;
    const now = systemClock.now();
    this.#size = 0;
    this.#since = now;
    try {
      // A device or a pipe keeps its name.
      if (!fstatSync(this.#descriptor).isFile()) return;
      renameSafelySync(path, `${path}.${new Date(now).toISOString().replace(/[-:.]/g, '')}`);
      const former = this.#descriptor;
      this.#descriptor = this.#open();
      closeSync(former);
      const name = basename(path);
      const earlier = readdirSync(dirname(path)).filter(
        (file) => file.startsWith(name) && closed.test(file.slice(name.length)),
      );
      for (const file of earlier.sort().reverse().slice(kept)) rmSync(join(dirname(path), file));
    } catch (error) {
      this.#tell('replaced by a new one', error);
    }
  }

  #tell(what: string, error: unknown): void {
    const now = systemClock.now();
    if (now - this.#reportedAt < reportAgainAfter) return;
    this.#reportedAt = now;
    this.#report(`The log file ${this.#options.path} cannot be ${what}: ${reasonOf(error)}.`);
  }
}
