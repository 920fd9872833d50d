import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '@alongside/kernel/operator';
import { CardError } from './card-error.ts';
import type { CallName, Loaded, ModuleSettings, Question, Reply } from './pkcs11-messages.ts';

/** The program of the module's process, in the form that this file has too (source or emitted). */
const program = fileURLToPath(new URL(`./pkcs11-process${extname(import.meta.url)}`, import.meta.url));

interface Waiting {
  resolve(value: unknown): void;
  reject(error: CardError): void;
  readonly timer: NodeJS.Timeout;
}

const lost = (): CardError => new CardError('card_removed', 'The middleware of the card has stopped.');

/**
 * A PKCS#11 module in a process of its own. A call that takes too long, and a module that crashes, end the process: all
 * calls under way fail with `card_removed`, and `onEnd` is called once.
 */
export class Pkcs11Module {
  readonly #child: ChildProcess;
  readonly #limit: number;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #ended = false;

  private constructor(child: ChildProcess, limit: number, onEnd: () => void) {
    this.#child = child;
    this.#limit = limit;
    child.on('message', (reply: Reply) => this.#heard(reply));
    child.once('exit', () => {
      this.#ended = true;
      for (const { reject, timer } of this.#waiting.values()) {
        clearTimeout(timer);
        reject(lost());
      }
      this.#waiting.clear();
      onEnd();
    });
  }

  /** Loads a module; `limit`: so many milliseconds may a call take. @throws OperatorError in one sentence */
  static async load(settings: ModuleSettings, limit: number, onEnd: () => void): Promise<Pkcs11Module> {
    const child = fork(program, [JSON.stringify(settings)], {
      ...{ serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
    });
    const { loaded, problem } = await firstMessage(child, limit);
    if (loaded === null) {
      await ended(child);
      throw new OperatorError(`The PKCS#11 module ${settings.module} cannot be used: ${problem}`);
    }
    return new Pkcs11Module(child, limit, onEnd);
  }

  /** @throws CardError */
  call<T>(call: CallName, insertion: number, ...args: readonly unknown[]): Promise<T> {
    if (this.#ended) return Promise.reject(lost());
    this.#last += 1;
    const question: Question = { id: this.#last, call, insertion, args };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), this.#limit);
      this.#waiting.set(question.id, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.#child.send(question);
    });
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    await ended(this.#child);
  }

  #heard(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    this.#waiting.delete(reply.id);
    clearTimeout(waiting.timer);
    if ('value' in reply) waiting.resolve(reply.value);
    else waiting.reject(new CardError(reply.error.code, reply.error.message, reply.error));
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
function firstMessage(child: ChildProcess, limit: number): Promise<Loaded> {
  return new Promise((resolve) => {
    const unusable = (problem: string): void => resolve({ loaded: null, problem });
    const timer = setTimeout(() => unusable('it does not answer'), limit);
    child.once('message', (message: Loaded) => resolve(message));
    child.once('error', () => unusable('its process cannot be started'));
    child.once('exit', () => unusable('pkcs11js is not installed, or the module crashes'));
    child.once('message', () => clearTimeout(timer));
    child.once('exit', () => clearTimeout(timer));
  });
}
