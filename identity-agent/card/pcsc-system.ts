import { reasonOf } from '@alongside/kernel/errors';
import { findFfi, NO_FFI } from '@alongside/kernel/ffi';
import { PcscLibrary, pcscAbis, SCARD } from './pcsc-library.ts';
import type { PcscEvent, PcscMovement, ReaderCalls } from './pcsc-messages.ts';

/** Milliseconds between two looks at the readers. */
const INTERVAL = 250;

interface Connection {
  readonly card: bigint;
  protocol: number;
}

/**
 * The readers of this machine through the system's own PC/SC library. Its calls block this process, so the readers are polled
 * between them, and the agent ends a process whose call takes too long.
 */
export class SystemReaders implements ReaderCalls {
  readonly #library: PcscLibrary;
  readonly #tell: (event: PcscEvent) => unknown;
  readonly #readers = new Map<string, PcscMovement | undefined>();
  readonly #connections = new Map<number, Connection>();
  #context: bigint | undefined;
  #last = 0;

  private constructor(library: PcscLibrary, tell: (event: PcscEvent) => unknown) {
    this.#library = library;
    this.#tell = tell;
  }

  /** @throws Error in one sentence if this system's library cannot be called */
  static load(tell: (event: PcscEvent) => unknown): SystemReaders {
    const [abi, ffi] = [pcscAbis[process.platform], findFfi()];
    if (!abi || !ffi) throw new Error(NO_FFI);
    return new SystemReaders(new PcscLibrary(ffi, abi), tell);
  }

  start(): void {
    this.#context ??= this.#library.establish();
    if (this.#poll()) setInterval(() => this.#poll(), INTERVAL);
  }

  connect(reader: string): number {
    if (this.#context === undefined) throw new Error('The readers are not watched.');
    this.#last += 1;
    this.#connections.set(this.#last, this.#library.connect(this.#context, reader));
    return this.#last;
  }

  transmit(handle: number, command: Uint8Array): Uint8Array {
    const { card, protocol } = this.#connection(handle);
    return this.#library.transmit(card, protocol, command);
  }

  begin(handle: number): void {
    this.#library.begin(this.#connection(handle).card);
  }

  end(handle: number): void {
    this.#library.end(this.#connection(handle).card);
  }

  reconnect(handle: number): void {
    const connection = this.#connection(handle);
    connection.protocol = this.#library.reconnect(connection.card);
  }

  disconnect(handle: number): void {
    const { card } = this.#connection(handle);
    this.#connections.delete(handle);
    this.#library.disconnect(card);
  }

  #connection(handle: number): Connection {
    const connection = this.#connections.get(handle);
    if (!connection) throw Object.assign(new Error('There is no such connection.'), { code: 'RemovedCard' });
    return connection;
  }

  /** Reports the changes since the last look. Returns false if the service has stopped: the agent then starts a new process. */
  #poll(): boolean {
    const context = this.#context ?? 0n;
    try {
      const present = this.#library.listReaders(context);
      for (const reader of this.#readers.keys()) if (!present.includes(reader)) this.#unplugged(reader);
      for (const reader of present) if (!this.#readers.has(reader)) this.#plugged(reader);
      const states = this.#library.states(context, present);
      for (const [index, reader] of present.entries()) this.#seen(reader, states[index] ?? 0);
      return true;
    } catch (error) {
      this.#tell({ told: 'failed', reason: reasonOf(error) });
      return false;
    }
  }

  #plugged(reader: string): void {
    this.#readers.set(reader, undefined);
    this.#tell({ told: 'plugged', reader });
  }

  #unplugged(reader: string): void {
    this.#readers.delete(reader);
    this.#tell({ told: 'unplugged', reader });
  }

  #seen(reader: string, raw: number): void {
    if (raw & SCARD.stateUnknown) return; // unplugged since it was listed
    const next = movementOf(raw, SCARD.statePresent, SCARD.stateMute);
    const last = this.#readers.get(reader);
    if (last?.present === next.present && last.mute === next.mute && last.movements === next.movements)
      return;
    this.#readers.set(reader, next);
    this.#tell({ told: 'moved', reader, ...next });
  }
}

/** Reads a raw state: the lower half has flags, the upper half the event count. */
export const movementOf = (raw: number, present: number, mute: number): PcscMovement => ({
  present: (raw & present) !== 0,
  mute: (raw & mute) !== 0,
  movements: raw >>> 16,
});
