import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '@alongside/kernel/operator';

/** In the packed agent without a compiler to machine code, as the agent itself: a process that mostly waits. */
const flags = extname(import.meta.url) === '.js' ? ['--max-semi-space-size=1', '--lite-mode'] : [];

/** So many milliseconds may loading a library take. */
const LOADING = 30_000;

/** The first message of such a process: what it has loaded, or why not, in one sentence. */
export interface Loaded<L = unknown> {
  readonly loaded: L | null;
  readonly problem: string | null;
}

/** Its answer to a question. */
export type Reply<E = unknown> =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: E };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout | undefined;
}

export interface NativeProcessOptions<E> {
  /** Name of the program beside this file, without its ending. */
  readonly program: string;
  /** What it is told at its start, as its one argument in JSON. */
  readonly settings: object;
  /** What is loaded, as the subject of the sentence for the operator when it cannot be. */
  readonly subject: string;
  /** Why it may have ended before it said anything. */
  readonly crash: string;
  /** The error of a question that it answered with a failure. */
  readonly failure: (error: E) => Error;
  /** The error of a question that it did not live to answer. */
  readonly lost: () => Error;
  /** What it says without being asked. */
  readonly onTold?: (message: unknown) => void;
  /** It has ended, by itself or not; called once. */
  readonly onEnd: () => void;
}

/**
 * A native library in a process of its own: its calls may block, hang or crash, and the agent goes on. It is ended by
 * SIGKILL alone, which nothing in it can hold up.
 */
export class NativeProcess<E> {
  readonly #child: ChildProcess;
  readonly #options: NativeProcessOptions<E>;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #ended = false;

  private constructor(child: ChildProcess, options: NativeProcessOptions<E>) {
    this.#child = child;
    this.#options = options;
    child.on('message', (message: Reply<E>) => this.#heard(message));
    // A question to a process that is just ending is lost, as its end tells.
    child.on('error', () => undefined);
    child.once('exit', () => this.#gone());
  }

  /** @throws OperatorError in one sentence */
  static async start<E>(options: NativeProcessOptions<E>): Promise<NativeProcess<E>> {
    const path = fileURLToPath(new URL(`./${options.program}${extname(import.meta.url)}`, import.meta.url));
    const child = fork(path, [JSON.stringify(options.settings)], {
      ...{ serialization: 'advanced', execArgv: flags, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
    });
    const { loaded, problem } = await firstMessage(child, options.crash);
    if (loaded === null) {
      await ended(child);
      throw new OperatorError(`${options.subject} cannot be used: ${problem}`);
    }
    return new NativeProcess(child, options);
  }

  /** Asks for something; where a `limit` in milliseconds is given, a process that takes longer is ended. */
  ask<T>(question: object, limit?: number): Promise<T> {
    if (this.#ended) return Promise.reject(this.#options.lost());
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      const timer = limit === undefined ? undefined : setTimeout(() => this.#child.kill('SIGKILL'), limit);
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.#child.send({ ...question, id });
    });
  }

  close(): Promise<void> {
    return this.#ended ? Promise.resolve() : ended(this.#child);
  }

  #heard(message: Reply<E>): void {
    if (!('id' in message)) this.#options.onTold?.(message);
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    this.#waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if ('value' in message) waiting.resolve(message.value);
    else waiting.reject(this.#options.failure(message.error));
  }

  #gone(): void {
    this.#ended = true;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(this.#options.lost());
    }
    this.#waiting.clear();
    this.#options.onEnd();
  }
}

/** Ends a process, whatever it is at; resolves when it is gone. */
function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** What a fresh process says first; a process that ends or is silent has said why it cannot be used. */
function firstMessage(child: ChildProcess, crash: string): Promise<Loaded> {
  return new Promise((resolve) => {
    const unusable = (problem: string): void => resolve({ loaded: null, problem });
    const timer = setTimeout(() => unusable('it does not answer'), LOADING);
    child.once('message', (message: Loaded) => resolve(message));
    child.once('error', () => unusable('its process cannot be started'));
    child.once('exit', () => unusable(crash));
    child.once('message', () => clearTimeout(timer));
    child.once('exit', () => clearTimeout(timer));
  });
}
