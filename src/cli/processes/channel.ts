import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { isOperatorError } from '../outcome.ts';

/** The end of a channel in one of its two processes: `process`, or the child as its parent has it. */
interface End {
  readonly connected: boolean;
  send?(message: unknown, done: (error: Error | null) => void): boolean;
  on(event: 'message', heard: (message: unknown) => void): unknown;
  once(event: 'disconnect', heard: () => void): unknown;
}

/** Answers of one process, by the name of the question. */
export type Answers = Readonly<Record<string, (value: never) => unknown>>;

interface Failure {
  readonly message: string;
  readonly isOperators: boolean;
  readonly exitCode?: number | undefined;
}

type Message =
  | { readonly ask: number; readonly name: string; readonly value: unknown }
  | { readonly answered: number; readonly value?: unknown; readonly failure?: Failure };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const failureOf = (error: unknown): Failure => {
  const isOperators = isOperatorError(error);
  const message = isOperators ? reasonOf(error) : String((error as Error)?.stack ?? error);
  return { message, isOperators, exitCode: (error as Partial<OperatorError>)?.exitCode };
};

/** Returns the error of the other process, with its exit code. */
function errorOf({ message, isOperators, exitCode }: Failure): Error {
  const error = isOperators ? new OperatorError(message) : new Error(message);
  return exitCode === undefined ? error : Object.assign(error, { exitCode });
}

/** Questions and answers between a process and its child. When the other one ends, open questions are rejected. */
export class Channel {
  readonly #end: End;
  readonly #answers: Answers;
  readonly #open = new Map<number, Waiting>();
  #last = 0;
  /** Resolves when the other process has ended or left. */
  readonly closed: Promise<void>;

  constructor(end: End, answers: Answers) {
    this.#end = end;
    this.#answers = answers;
    end.on('message', (message) => void this.#receive(message as Message));
    this.closed = new Promise((resolve) => {
      end.once('disconnect', () => {
        for (const { reject } of this.#open.values()) reject(new Error('The process has ended.'));
        this.#open.clear();
        resolve();
      });
    });
  }

  /** Asks the other process. Rejects with its error. */
  ask<A>(name: string, value?: unknown): Promise<A> {
    const number = ++this.#last;
    return new Promise<A>((resolve, reject) => {
      this.#open.set(number, { resolve: resolve as Waiting['resolve'], reject });
      this.#send({ ask: number, name, value }, reject);
    });
  }

  async #receive(message: Message): Promise<void> {
    if ('answered' in message) {
      const waiting = this.#open.get(message.answered);
      this.#open.delete(message.answered);
      if (message.failure) waiting?.reject(errorOf(message.failure));
      else waiting?.resolve(message.value);
      return;
    }
    const answered = message.ask;
    try {
      const value = await this.#answers[message.name]?.(message.value as never);
      this.#send({ answered, value });
    } catch (error) {
      this.#send({ answered, failure: failureOf(error) });
    }
  }

  #send(message: Message, onError: (error: Error) => void = () => undefined): void {
    if (this.#end.connected && this.#end.send)
      this.#end.send(message, (error) => {
        if (error) onError(error);
      });
    else onError(new Error('The process has ended.'));
  }
}
