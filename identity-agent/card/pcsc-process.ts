import { reasonOf } from '@alongside/kernel/errors';
import { serve, tell } from './native-program.ts';
import type { PcscEvent, PcscFailure, PcscSettings, ReaderCalls } from './pcsc-messages.ts';
import { loadPcsc, type PcscHandle, type PcscModule, type PcscSlot } from './pcsc-module.ts';
import { movementOf, SystemReaders } from './pcsc-system.ts';

// A separate process for PC/SC: stopping it may wait for the next event at a reader, and a command may block for ever.

const announce = (event: PcscEvent): unknown => tell(event);

const codeOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
};

/** The readers of this machine through pcsc-mini. */
class Readers implements ReaderCalls {
  readonly #module: PcscModule;
  readonly #slots = new Map<string, PcscSlot>();
  readonly #handles = new Map<number, PcscHandle>();
  readonly #transactions = new Map<number, { end(disposition: number): Promise<void> }>();
  #connections = 0;

  constructor(module: PcscModule) {
    this.#module = module;
  }

  start(): void {
    const client = new this.#module.Client();
    client.on('reader', (slot) => this.#plugged(slot));
    client.on('error', (error) => announce({ told: 'failed', reason: reasonOf(error) }));
    client.start();
  }

  async connect(reader: string): Promise<number> {
    const slot = this.#slots.get(reader);
    if (!slot) throw Object.assign(new Error('The reader is gone.'), { code: 'UnknownReader' });
    const handle = await slot.connect(this.#module.CardMode.SHARED);
    this.#connections += 1;
    this.#handles.set(this.#connections, handle);
    return this.#connections;
  }

  /** Copies the response, which is part of a larger buffer. */
  async transmit(handle: number, command: Uint8Array): Promise<Uint8Array> {
    return new Uint8Array(await this.#handle(handle).transmit(command));
  }

  async begin(handle: number): Promise<void> {
    this.#transactions.set(handle, await this.#handle(handle).transaction());
  }

  async end(handle: number): Promise<void> {
    const transaction = this.#transactions.get(handle);
    this.#transactions.delete(handle);
    await transaction?.end(this.#module.CardDisposition.LEAVE);
  }

  async reconnect(handle: number): Promise<void> {
    await this.#handle(handle).reconnect(this.#module.CardMode.SHARED, this.#module.CardDisposition.LEAVE);
  }

  async disconnect(handle: number): Promise<void> {
    const connection = this.#handle(handle);
    this.#handles.delete(handle);
    this.#transactions.delete(handle);
    await connection.disconnect(this.#module.CardDisposition.LEAVE);
  }

  #handle(handle: number): PcscHandle {
    const connection = this.#handles.get(handle);
    if (!connection) throw Object.assign(new Error('There is no such connection.'), { code: 'RemovedCard' });
    return connection;
  }

  #plugged(slot: PcscSlot): void {
    const reader = slot.name();
    this.#slots.set(reader, slot);
    announce({ told: 'plugged', reader });
    const { PRESENT, MUTE } = this.#module.ReaderStatus;
    slot.on('change', ({ raw }) => {
      announce({ told: 'moved', reader, ...movementOf(raw, PRESENT, MUTE) });
    });
    slot.on('disconnect', () => {
      if (this.#slots.get(reader) !== slot) return;
      this.#slots.delete(reader);
      announce({ told: 'unplugged', reader });
    });
  }
}

await serve<PcscSettings>(
  async ({ module }) => (module === null ? SystemReaders.load(announce) : new Readers(loadPcsc(module))),
  (error): PcscFailure => ({ code: codeOf(error), message: reasonOf(error) }),
);
