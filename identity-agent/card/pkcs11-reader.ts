import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import type { CardClient } from './card-client.ts';
import { Pkcs11Client, Pkcs11Module } from './pkcs11-client.ts';
import type { ModuleSettings } from './pkcs11-messages.ts';
import type { InsertedCard, Reader } from './transport.ts';

/** Milliseconds after which a module that ended is loaded again. */
const PAUSE = 5_000;

export interface Pkcs11ReaderOptions extends ModuleSettings {
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds that a call of the module may take; 30,000 by default. */
  readonly limit?: number;
}

/** The reader of a PKCS#11 module. It is polled each second, because modules do not report changes reliably. */
export class Pkcs11Reader implements Reader {
  readonly name: string;
  readonly #options: Pkcs11ReaderOptions;
  readonly #listeners = new Set<(present: boolean) => void>();
  #timer: NodeJS.Timeout | undefined;
  #module: Pkcs11Module | undefined;
  #looking: Promise<void> | undefined;
  #current: (InsertedCard & { readonly insertion: number }) | undefined;
  #again = 0;
  #closed = false;

  private constructor(options: Pkcs11ReaderOptions) {
    this.#options = options;
    this.name = `PKCS#11 ${options.module}`;
  }

  /** @throws OperatorError if the module cannot be used */
  static async open(options: Pkcs11ReaderOptions): Promise<Pkcs11Reader> {
    const reader = new Pkcs11Reader(options);
    await reader.#load();
    await reader.look();
    reader.#timer = setInterval(() => void reader.look(), 1_000).unref();
    return reader;
  }

  get problem(): string | undefined {
    return this.#module ? undefined : 'The middleware of the card has stopped, and will be started again.';
  }

  card(): InsertedCard | undefined {
    return this.#current;
  }

  onChange(listener: (present: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Checks the reader; checks do not overlap. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#module?.close();
    await this.#looking;
    this.#listeners.clear();
  }

  async #load(): Promise<void> {
    const module = await Pkcs11Module.load(this.#options, this.#options.limit ?? 30_000, () => {
      this.#module = undefined;
      this.#again = this.#options.clock.now() + PAUSE;
      this.#movedTo(0);
    });
    if (this.#closed) await module.close();
    else this.#module = module;
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#options;
    const wait = this.#again - clock.now();
    if (this.#closed || (!this.#module && wait > 0 && wait <= PAUSE)) return;
    try {
      if (!this.#module) await this.#load();
      const insertion = await this.#module?.insertion();
      this.#movedTo(insertion ?? 0);
    } catch (error) {
      if (!this.#module) this.#again = clock.now() + PAUSE;
      if (!this.#closed) log.warn({ reason: reasonOf(error) }, 'the middleware of the card failed');
      this.#movedTo(0);
    }
  }

  #movedTo(insertion: number): void {
    const module = this.#module;
    if (insertion === (this.#current?.insertion ?? 0)) return;
    if (this.#current) {
      this.#current = undefined;
      this.#tell(false);
    }
    if (insertion === 0 || !module || this.#closed) return;
    this.#current = { insertion, open: (): CardClient => new Pkcs11Client(module, insertion) };
    this.#tell(true);
  }

  #tell(present: boolean): void {
    for (const listener of this.#listeners) listener(present);
  }
}
