import { NativeProcess } from './native-process.ts';
import type { PcscEvent, PcscFailure, PcscSettings, ReaderCalls } from './pcsc-messages.ts';
import { pcscPackage } from './pcsc-module.ts';

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

/** Milliseconds that a blocked process gets after the limit of a call: by then the call has failed as one that took too long. */
const GRACE = 3_000;

export interface PcscServiceOptions {
  /** Name of pcsc-mini or the path of its main file; by default as `pcscPackage` decides. */
  readonly module: string | undefined;
  /** Milliseconds that the reader may take for a command. */
  readonly limit: number;
  onEvent(told: PcscEvent): void;
  /** Called once at the end of the process. */
  onEnd(): void;
}

/**
 * The PC/SC service of this machine, in a separate process. All errors are PcscErrors. When the process ends, pending calls fail with
 * `ServiceStopped`.
 */
export class PcscService {
  readonly #process: NativeProcess<PcscFailure>;
  /** After this time a process that a call blocks is ended; undefined for pcsc-mini, which calls on other threads. */
  readonly #limit: number | undefined;

  private constructor(process: NativeProcess<PcscFailure>, limit: number | undefined) {
    this.#process = process;
    this.#limit = limit;
  }

  /** Loads the library and passes the readers' messages on. @throws OperatorError in one sentence */
  static async load({ module: named, limit, onEvent, onEnd }: PcscServiceOptions): Promise<PcscService> {
    const module = named ?? pcscPackage();
    const process = await NativeProcess.start<PcscFailure>({
      program: 'pcsc-process',
      settings: { module } satisfies PcscSettings,
      subject: 'PC/SC',
      crash: `${module ?? "the system's library"} crashes`,
      failure: (error) => new PcscError(error),
      lost: () => new PcscError({ code: 'ServiceStopped', message: 'The card service has stopped.' }),
      onEvent: (message) => onEvent(message as PcscEvent),
      onEnd,
    });
    return new PcscService(process, module === null ? limit + GRACE : undefined);
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

  #ask<C extends keyof ReaderCalls>(call: C, ...args: Parameters<ReaderCalls[C]>) {
    return this.#process.ask<Awaited<ReturnType<ReaderCalls[C]>>>(call, args, this.#limit);
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
