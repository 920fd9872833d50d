import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { PcscCard } from './pcsc-card.ts';
import type { PcscClient, PcscModule, PcscSlot } from './pcsc-module.ts';
import type { InsertedCard, Reader } from './transport.ts';

/**
 * pcsc-mini 0.1.3 blocks the whole process for a minute when it is stopped while it starts or hands out a movement, so it
 * is stopped only when nothing has happened for so many milliseconds.
 */
const QUIET = 250;

/** A PC/SC service that does not answer is asked again in so many milliseconds. */
const PAUSE = 5_000;

/** What a person reads who has a reader and no service for it. */
export const NO_SERVICE =
  'The card service does not answer: start pcscd (on Windows "Smart Card"), and it will be found.';

export interface PcscReaderOptions {
  readonly module: PcscModule;
  readonly clock: Clock;
  readonly log: Log;
  /** Only readers whose name has this part; every reader unless told. */
  readonly reader?: string;
  /** So many milliseconds may a command take; 30,000 unless told. */
  readonly limit?: number;
}

/** What a person who looks for a fault asks first. */
export interface PcscState {
  /** The PC/SC service answers. */
  readonly service: boolean;
  /** Names of the readers that are plugged in and meant. */
  readonly readers: readonly string[];
}

/** A reader with what is in it. */
interface Slot {
  readonly reader: PcscSlot;
  card: PcscCard | undefined;
  /** PC/SC's count of the movements at this reader: another one means another insertion. */
  movements: number;
}

/**
 * All card readers of this machine as one: the card that came first is the one at the desk; when it leaves, the next
 * takes its place. A service or reader that is not there yet is waited for.
 */
export class PcscReader implements Reader {
  readonly name: string;
  readonly #options: PcscReaderOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #listeners = new Set<(present: boolean) => void>();
  readonly #timer: NodeJS.Timeout;
  #client: PcscClient | undefined;
  #current: Slot | undefined;
  #movedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(options: PcscReaderOptions) {
    this.#options = options;
    this.name = options.reader ?? 'PC/SC';
    this.#timer = setInterval(() => this.look(), 1_000).unref();
    this.look();
  }

  get state(): PcscState {
    return { service: this.#client !== undefined, readers: [...this.#slots.keys()] };
  }

  get problem(): string | undefined {
    if (!this.#client) return NO_SERVICE;
    return this.#slots.size === 0 ? 'No card reader is plugged in.' : undefined;
  }

  card(): InsertedCard | undefined {
    return this.#current?.card;
  }

  onChange(listener: (present: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#client && performance.now() - this.#movedAt < QUIET)
      await new Promise((resolve) => setTimeout(resolve, QUIET));
    this.#letGo();
    this.#listeners.clear();
  }

  /** One look at the clock: asks for the service if there is none and it is time. A clock that was put back makes it time. */
  look(): void {
    const now = this.#options.clock.now();
    const waited = now - this.#askedAt;
    if (this.#client || (waited >= 0 && waited < PAUSE)) return;
    this.#askedAt = now;
    const client = new this.#options.module.Client();
    client.on('reader', (reader) => this.#plugged(client, reader));
    client.on('error', (error) => this.#lost(client, error));
    try {
      client.start();
      this.#movedAt = performance.now();
      this.#client = client;
    } catch (error) {
      this.#options.log.warn({ reason: reasonOf(error) }, 'the card reader service does not answer');
    }
  }

  #plugged(client: PcscClient, reader: PcscSlot): void {
    const name = reader.name();
    this.#movedAt = performance.now();
    reader.on('change', () => {
      this.#movedAt = performance.now();
    });
    if (this.#options.reader !== undefined && !name.includes(this.#options.reader)) return;
    const slot: Slot = { reader, card: undefined, movements: 0 };
    this.#slots.set(name, slot);
    const ours = (): boolean => this.#client === client && this.#slots.get(name) === slot;
    reader.on('change', ({ raw }) => ours() && this.#moved(slot, raw));
    reader.on('disconnect', () => {
      if (!ours()) return;
      this.#slots.delete(name);
      this.#emptied(slot);
    });
  }

  /** The lower half of a status is flags, the upper one counts. */
  #moved(slot: Slot, status: number): void {
    const { PRESENT, MUTE } = this.#options.module.ReaderStatus;
    const movements = status >>> 16;
    const present = (status & PRESENT) !== 0;
    const mute = (status & MUTE) !== 0;
    if (present && mute) this.#options.log.warn({ reader: slot.reader.name() }, 'the card does not answer');
    if (!present || mute || movements !== slot.movements) this.#emptied(slot);
    slot.movements = movements;
    if (!present || mute || slot.card) return;
    slot.card = new PcscCard(slot.reader, this.#options.module, this.#options.limit ?? 30_000);
    this.#takeUp();
  }

  #emptied(slot: Slot): void {
    slot.card?.leave();
    slot.card = undefined;
    if (this.#current !== slot) return;
    this.#current = undefined;
    this.#tell(false);
    this.#takeUp();
  }

  #takeUp(): void {
    if (this.#current) return;
    this.#current = [...this.#slots.values()].find(({ card }) => card !== undefined);
    if (this.#current) this.#tell(true);
  }

  #lost(client: PcscClient, error: Error): void {
    if (this.#client !== client) return;
    this.#options.log.warn({ reason: reasonOf(error) }, 'the card reader service has stopped');
    this.#letGo();
    this.#askedAt = this.#options.clock.now();
  }

  #letGo(): void {
    const client = this.#client;
    this.#client = undefined;
    try {
      client?.stop();
    } catch {
      // The service went first.
    }
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const slot of slots) this.#emptied(slot);
  }

  #tell(present: boolean): void {
    for (const listener of this.#listeners) listener(present);
  }
}
