import { CardError } from './card-client.ts';
import { NativeProcess } from './native-process.ts';
import type { CallName, Failure, ModuleSettings } from './pkcs11-messages.ts';

/**
 * Runs a PKCS#11 module in a separate process. If a call takes too long or the module crashes, the process ends, pending calls
 * fail with `card_removed`, and `onEnd` is called once.
 */
export class Pkcs11Module {
  readonly #process: NativeProcess<Failure>;
  readonly #limit: number;

  private constructor(process: NativeProcess<Failure>, limit: number) {
    this.#process = process;
    this.#limit = limit;
  }

  /** Loads a module; `limit` is the time limit of a call in milliseconds. @throws OperatorError in one sentence */
  static async load(settings: ModuleSettings, limit: number, onEnd: () => void): Promise<Pkcs11Module> {
    const process = await NativeProcess.start<Failure>({
      ...{ program: 'pkcs11-process', settings, onEnd },
      subject: `The PKCS#11 module ${settings.module}`,
      crash: 'pkcs11js is not installed, or the module crashes',
      failure: (error) => new CardError(error.code, error.message, error),
      lost: () => new CardError('card_removed', 'The middleware of the card has stopped.'),
    });
    return new Pkcs11Module(process, limit);
  }

  /** @throws CardError */
  call<T>(call: CallName, insertion: number, ...args: readonly unknown[]): Promise<T> {
    return this.#process.ask({ call, insertion, args }, this.#limit);
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}
