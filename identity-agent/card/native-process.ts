import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '@alongside/kernel/operator';

/** Flags for the package: like the agent, without V8's optimising compiler, because this process mostly waits. */
const flags =
  !isSea() && extname(import.meta.url) === '.js' ? ['--max-semi-space-size=1', '--lite-mode'] : [];

/** Returns the file of a program next to a module. The single executable contains the programs and takes their name. */
const fileOf = (program: string, near: string): string =>
  isSea() ? program : fileURLToPath(new URL(`./${program}${extname(near)}`, near));

/** Milliseconds that loading a library may take. */
const LOADING = 30_000;

/** A call of a method of the process. */
export interface Question {
  readonly id: number;
  readonly call: string;
  readonly args: readonly unknown[];
}

/** The first message of the process. The problem is one sentence; null once the library is loaded. */
export interface Loaded {
  readonly problem: string | null;
}

/** Its response to a request. */
export type Reply<E = unknown> =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: E };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout | undefined;
}

export interface NativeProcessOptions<E> {
  /** Name of the program, without its file extension, and the module next to it; one of this folder by default. */
  readonly program: string;
  readonly near?: string;
  /** Passed to the process as its one argument, in JSON. */
  readonly settings: object;
  /** Name of the library, as the subject of the operator's error message. */
  readonly subject: string;
  /** Probable cause if it ends before its first message. */
  readonly crash: string;
  /** Creates the error for a failed request. */
  readonly failure: (error: E) => Error;
  /** Creates the error for a request that was pending when it ended. */
  readonly lost: () => Error;
  /** Handles messages that are not responses. */
  readonly onEvent?: (message: unknown) => void;
  /** Called once when it has ended for any reason. */
  readonly onEnd: () => void;
}

/**
 * Runs a native library in a separate process: its calls may block, hang or crash without affecting the agent. The process is
 * ended only with SIGKILL, which it cannot delay.
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
    // A request to a process that is just ending fails when its end is noticed.
    child.on('error', () => undefined);
    child.once('exit', () => this.#gone());
  }

  /** @throws OperatorError in one sentence */
  static async start<E>(options: NativeProcessOptions<E>): Promise<NativeProcess<E>> {
    const child = fork(
      fileOf(options.program, options.near ?? import.meta.url),
      [JSON.stringify(options.settings)],
      {
        serialization: 'advanced',
        execArgv: flags,
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      },
    );
    const { problem } = await firstMessage(child, options.crash);
    if (problem !== null) {
      await ended(child);
      throw new OperatorError(`${options.subject} cannot be used: ${problem}`);
    }
    return new NativeProcess(child, options);
  }

  /** Calls a method. With a `limit` in milliseconds, a process that takes longer is ended. */
  ask<T>(call: string, args: readonly unknown[], limit?: number): Promise<T> {
    if (this.#ended) return Promise.reject(this.#options.lost());
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      const timer = limit === undefined ? undefined : setTimeout(() => this.#child.kill('SIGKILL'), limit);
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.#child.send({ id, call, args } satisfies Question);
    });
  }

  close(): Promise<void> {
    return this.#ended ? Promise.resolve() : ended(this.#child);
  }

  #heard(message: Reply<E>): void {
    if (!('id' in message)) this.#options.onEvent?.(message);
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

/** Kills a process; resolves when it has ended. */
function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** Returns the first message of a new process, or the error if it ends or stays silent. */
function firstMessage(child: ChildProcess, crash: string): Promise<Loaded> {
  return new Promise((resolve) => {
    const unusable = (problem: string): void => resolve({ problem });
    const timer = setTimeout(() => unusable('it does not answer'), LOADING);
    child.once('message', (message: Loaded) => resolve(message));
    child.once('error', () => unusable('its process cannot be started'));
    child.once('exit', () => unusable(crash));
    child.once('message', () => clearTimeout(timer));
    child.once('exit', () => clearTimeout(timer));
  });
}
