import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { PcscCard } from './pcsc-card.ts';
import type { PcscEvent, PcscMovement } from './pcsc-messages.ts';
import { PcscService } from './pcsc-service.ts';
import type { InsertedCard, Reader } from './transport.ts';

/** Milliseconds after which a PC/SC service that does not respond is tried again. */
const PAUSE = 5_000;

/** Shown to a user with a reader but no service for it. */
export const NO_SERVICE =
  process.platform === 'win32'
    ? 'The Windows service "Smart Card" (SCardSvr) does not run: plug the card reader in, which starts it, or start it, and it will be found.'
    : 'The card service does not answer: start pcscd, and it will be found.';

export interface PcscReaderOptions {
  /** Path of the main file of pcsc-mini; by default the installed package, else the system's own library. */
  readonly module?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Only readers with this text in their name; every reader by default. */
  readonly reader?: string;
  /** Milliseconds that a command may take; 30,000 by default. */
  readonly limit?: number;
}

/** The state for diagnosis. */
export interface PcscState {
  /** Whether the PC/SC service responds. */
  readonly service: boolean;
  /** Names of the connected readers that match the setting. */
  readonly readers: readonly string[];
}

interface Slot {
  readonly reader: string;
  card: PcscCard | undefined;
  movements: number;
}

type MessageOf<T extends PcscEvent['told']> = Extract<PcscEvent, { readonly told: T }>;

/**
 * Combines all card readers of this machine: the card that was inserted first is used; when it is removed, the next takes its
 * place. Waits for a missing service or reader.
 */
export class PcscReader implements Reader {
  readonly name: string;
  readonly #options: PcscReaderOptions;
  readonly #limit: number;
  readonly #slots = new Map<string, Slot>();
  readonly #listeners = new Set<(present: boolean) => void>();
  #timer: NodeJS.Timeout | undefined;
  /** The process, if running. */
  #service: PcscService | undefined;
  /** Whether the PC/SC service has responded to it. */
  #answers = false;
  #current: Slot | undefined;
  #looking: Promise<void> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  private constructor(options: PcscReaderOptions) {
    this.#options = options;
    this.#limit = options.limit ?? 30_000;
    this.name = options.reader ?? 'PC/SC';
  }

  /** Resolves after the first check of the readers. @throws OperatorError if no library can be used */
  static async open(options: PcscReaderOptions): Promise<PcscReader> {
    const reader = new PcscReader(options);
    await reader.#load();
    await reader.look();
    reader.#timer = setInterval(() => void reader.look(), 1_000).unref();
    return reader;
  }

  get state(): PcscState {
    return { service: this.#answers, readers: [...this.#slots.keys()] };
  }

  get problem(): string | undefined {
    if (!this.#answers) return NO_SERVICE;
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
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#service?.close();
    await this.#looking;
    this.#listeners.clear();
  }

  /**
   * Checks the time and starts the service if it is not running and the pause is over. A clock that was set back ends the pause.
   * Checks do not overlap; never rejects.
   */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const now = this.#options.clock.now();
    const waited = now - this.#askedAt;
    if (this.#closed || this.#answers || (waited >= 0 && waited < PAUSE)) return;
    this.#askedAt = now;
    try {
      const service = this.#service ?? (await this.#load());
      await service.start();
      this.#answers = this.#service === service;
    } catch (error) {
      this.#options.log.warn({ reason: reasonOf(error) }, 'the card reader service does not answer');
    }
  }

  async #load(): Promise<PcscService> {
    const service: PcscService = await PcscService.load({
      module: this.#options.module,
      limit: this.#limit,
      onEvent: (told) => this.#service === service && this.#heard(told),
      onEnd: () => this.#service === service && this.#ended(),
    });
    this.#service = service;
    if (this.#closed) await service.close();
    return service;
  }

  #heard(told: PcscEvent): void {
    const hear: { readonly [T in PcscEvent['told']]: (told: MessageOf<T>) => void } = {
      plugged: ({ reader }) => this.#plugged(reader),
      unplugged: ({ reader }) => this.#unplugged(reader),
      moved: ({ reader, ...movement }) => this.#moved(reader, movement),
      failed: ({ reason }) => this.#failed(reason),
    };
    (hear[told.told] as (told: PcscEvent) => void)(told);
  }

  #plugged(reader: string): void {
    if (this.#options.reader !== undefined && !reader.includes(this.#options.reader)) return;
    this.#slots.set(reader, { reader, card: undefined, movements: 0 });
  }

  #unplugged(reader: string): void {
    const slot = this.#slots.get(reader);
    this.#slots.delete(reader);
    if (slot) this.#emptied(slot);
  }

  #moved(reader: string, { present, mute, movements }: PcscMovement): void {
    const slot = this.#slots.get(reader);
    if (!slot || !this.#service) return;
    if (present && mute) this.#options.log.warn({ reader }, 'the card does not answer');
    if (!present || mute || movements !== slot.movements) this.#emptied(slot);
    slot.movements = movements;
    if (!present || mute || slot.card) return;
    slot.card = new PcscCard(this.#service, reader, this.#limit);
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

  /** Handles the end of the service, or a failure to watch it: a new process starts from scratch. */
  #failed(reason: string): void {
    this.#options.log.warn({ reason }, 'the card reader service has stopped');
    const service = this.#service;
    this.#ended();
    void service?.close();
  }

  #ended(): void {
    this.#service = undefined;
    this.#answers = false;
    this.#askedAt = this.#options.clock.now();
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const slot of slots) this.#emptied(slot);
  }

  #tell(present: boolean): void {
    for (const listener of this.#listeners) listener(present);
  }
}
