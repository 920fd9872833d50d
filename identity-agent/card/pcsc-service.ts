import { NativeProcess } from './native-process.ts';
import type { PcscFailure, PcscQuestion, PcscTold } from './pcsc-messages.ts';
import { PCSC_PACKAGE } from './pcsc-module.ts';

/** An error with PC/SC's name as `code`. */
export class PcscError extends Error {
  readonly code: string;

  constructor({ code, message }: PcscFailure) {
    super(message);
    this.code = code;
  }
}

/** The card service has been so long in answering that it is taken for dead, in milliseconds. */
const STARTING = 10_000;

/**
 * The PC/SC service of this machine, through pcsc-mini in a process of its own. All failures are PcscErrors; with the
 * process everything under way fails with `ServiceStopped`.
 */
export class PcscService {
  readonly #process: NativeProcess<PcscFailure>;

  private constructor(process: NativeProcess<PcscFailure>) {
    this.#process = process;
  }

  /**
   * Loads pcsc-mini by its name or by the path of its main file. What comes of the readers is told to `onTold`, the end of
   * the process once to `onEnd`. @throws OperatorError in one sentence
   */
  static async load(
    module: string | undefined,
    hear: { onTold(told: PcscTold): void; onEnd(): void },
  ): Promise<PcscService> {
    const process = await NativeProcess.start<PcscFailure>({
      ...{ program: 'pcsc-process', settings: { module: module ?? PCSC_PACKAGE } },
      subject: 'PC/SC',
      crash: `${PCSC_PACKAGE} crashes`,
      failure: (error) => new PcscError(error),
      lost: () => new PcscError({ code: 'ServiceStopped', message: 'The card service has stopped.' }),
      onTold: (message) => hear.onTold(message as PcscTold),
      onEnd: hear.onEnd,
    });
    return new PcscService(process);
  }

  /** Begins to watch the readers. Rejects when there is no PC/SC service. */
  start(): Promise<void> {
    return this.#ask({ call: 'start' }, STARTING);
  }

  /** Opens a connection to the card in a reader, shared with other programs. */
  async connect(reader: string): Promise<PcscConnection> {
    const handle = await this.#ask<number>({ call: 'connect', reader });
    return {
      transmit: (command) => this.#ask({ call: 'transmit', handle, command }),
      begin: () => this.#ask({ call: 'begin', handle }),
      end: () => this.#ask({ call: 'end', handle }),
      reconnect: () => this.#ask({ call: 'reconnect', handle }),
      disconnect: () => this.#ask({ call: 'disconnect', handle }),
    };
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  #ask<T>(question: PcscQuestion, limit?: number): Promise<T> {
    return this.#process.ask(question, limit);
  }
}

/** A connection to a card: one command or movement at a time. */
export interface PcscConnection {
  transmit(command: Uint8Array): Promise<Uint8Array>;
  /** Begins a transaction: until `end` no other program reaches the card. */
  begin(): Promise<void>;
  end(): Promise<void>;
  /** After another program has reset the card. */
  reconnect(): Promise<void>;
  disconnect(): Promise<void>;
}
