import { appendFileSync, closeSync, openSync } from 'node:fs';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { readIfThere, replaceFile } from '../card/card-file.ts';
import { Mutex } from '../card/mutex.ts';

/** Seconds to keep requests after they expire. */
const margin = 10;
/** The file is rewritten after this many new lines, and not before it has as many new ones as others. */
const minLines = 500;
const lineForm = /^([0-9]{1,12}) ([A-Za-z0-9_-]{43})$/;

/**
 * The hand-off requests of the last minute, so that each is accepted once, even after a restart of the agent. The file has their
 * hashes and expiry times; damaged lines are ignored.
 */
export class UsedRequests {
  readonly #clock: Clock;
  readonly #file: string;
  readonly #until: Map<string, number>;
  readonly #mutex = new Mutex();
  #lines = 0;
  #maxLines = minLines;
  /** The file, open for new lines. */
  #opened: number | undefined;

  private constructor(clock: Clock, file: string, until: Map<string, number>) {
    this.#clock = clock;
    this.#file = file;
    this.#until = until;
  }

  /** Reads the file of an earlier agent in this data folder. */
  static async open(clock: Clock, file: string): Promise<UsedRequests> {
    const until = new Map<string, number>();
    const text = (await readIfThere(file))?.toString('latin1') ?? '';
    for (const line of text.split('\n')) {
      const [, end, hash] = lineForm.exec(line) ?? [];
      if (hash !== undefined) until.set(hash, Number(end));
    }
    const used = new UsedRequests(clock, file, until);
    if (text !== '') await used.#writeAnew();
    return used;
  }

  /**
   * Takes a request; returns false if it was taken before. It counts from the call on, and is in the file when the promise
   * resolves. Only requests with a valid signature arrive here, so the list stays short.
   */
  async take(jti: string, exp: number): Promise<boolean> {
    const hash = sha256(jti);
    if (this.#until.has(hash)) return false;
    this.#until.set(hash, exp + margin);
    await this.#mutex.run(() => this.#write(`${exp + margin} ${hash}\n`));
    return true;
  }

  close(): void {
    if (this.#opened !== undefined) closeSync(this.#opened);
    this.#opened = undefined;
  }

  async #write(line: string): Promise<void> {
    this.#lines += 1;
    if (this.#lines > this.#maxLines) return this.#writeAnew();
    this.#opened ??= openSync(this.#file, 'a', 0o600);
    // A line in the page cache takes microseconds, a thread of the pool for it many times as long.
    appendFileSync(this.#opened, line);
  }

  async #writeAnew(): Promise<void> {
    this.close();
    const now = seconds(this.#clock);
    for (const [known, until] of this.#until) if (until < now) this.#until.delete(known);
    this.#lines = 0;
    this.#maxLines = Math.max(minLines, this.#until.size);
    await replaceFile(this.#file, [...this.#until].map(([hash, end]) => `${end} ${hash}\n`).join(''));
  }
}
