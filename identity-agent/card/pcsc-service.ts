import { NativeProcess } from './native-process.ts';
import { PCSC_PACKAGE } from './pcsc-module.ts';
import type { PcscEvent, PcscFailure, Readers } from './pcsc-process.ts';

/** An error with PC/SC's name as `code`. */
export class PcscError extends Error {
  readonly code: string;

  constructor({ code, message }: PcscFailure) {
    super(message);
    this.code = code;
  }
}

/** Milliseconds after which a card service that does not respond counts as dead. */
const STARTING = 10_000;

/**
 * The PC/SC service of this machine, through pcsc-mini in a separate process. All errors are PcscErrors. When the process ends,
 * pending calls fail with `ServiceStopped`.
 */
export class PcscService {
  readonly #process: NativeProcess<PcscFailure>;

  private constructor(process: NativeProcess<PcscFailure>) {
    this.#process = process;
  }

  /**
   * Loads pcsc-mini by its name or the path of its main file. Passes the readers' messages to `onEvent` and calls `onEnd` once at
   * the end of the process. @throws OperatorError in one sentence
   */
  static async load(
    module: string | undefined,
    hear: { onEvent(told: PcscEvent): void; onEnd(): void },
  ): Promise<PcscService> {
    const process = await NativeProcess.start<PcscFailure>({
      program: 'pcsc-process',
      settings: { module: module ?? PCSC_PACKAGE },
      subject: 'PC/SC',
      crash: `${PCSC_PACKAGE} crashes`,
      failure: (error) => new PcscError(error),
      lost: () => new PcscError({ code: 'ServiceStopped', message: 'The card service has stopped.' }),
      onEvent: (message) => hear.onEvent(message as PcscEvent),
      onEnd: hear.onEnd,
    });
    return new PcscService(process);
  }

  /** Starts watching the readers. Rejects if no PC/SC service is running. */
  start(): Promise<void> {
    return this.#process.ask('start', [], STARTING);
  }

  /** Opens a shared connection to the card in a reader. */
  async connect(reader: string): Promise<PcscConnection> {
    const handle = await this.#ask('connect', reader);
    return {
      transmit: (command) => this.#ask('transmit', handle, command),
      begin: () => this.#ask('begin', handle),
      end: () => this.#ask('end', handle),
      reconnect: () => this.#ask('reconnect', handle),
      disconnect: () => this.#ask('disconnect', handle),
    };
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  #ask<C extends keyof Readers>(call: C, ...args: Parameters<Readers[C]>) {
    return this.#process.ask<Awaited<ReturnType<Readers[C]>>>(call, args);
  }
}

/** A connection to a card: one command or state change at a time. */
export interface PcscConnection {
  transmit(command: Uint8Array): Promise<Uint8Array>;
  /** Begins a transaction: until `end`, no other program can access the card. */
  begin(): Promise<void>;
  end(): Promise<void>;
  /** Reconnects after another program has reset the card. */
  reconnect(): Promise<void>;
  disconnect(): Promise<void>;
}
