import type { Vault } from '@alongside/kernel/secrets';
import type { z } from 'zod';
import { storedJson } from '../../storage/row.ts';
import type { Settings } from '../../storage/settings.ts';

/** Keys in a setting, encrypted. The first process that needs them creates them for all. `Opened` is their usable form. */
export class SealedSetting<Stored, Opened> {
  readonly #settings: Settings;
  readonly #vault: Vault;
  readonly #name: string;
  readonly #shape: z.ZodType<Stored>;
  readonly #open: (stored: Stored) => Promise<Opened>;
  #cached: { sealed: string; opened: Promise<Opened> } | undefined;

  constructor(
    settings: Settings,
    vault: Vault,
    name: string,
    shape: z.ZodType<Stored>,
    open: (stored: Stored) => Promise<Opened>,
  ) {
    this.#settings = settings;
    this.#vault = vault;
    this.#name = name;
    this.#shape = shape;
    this.#open = open;
  }

  /** Returns the keys, and creates them the first time. */
  async ensure(create: () => Promise<Stored>): Promise<Opened> {
    const sealed = await this.#settings.get(this.#name);
    if (sealed !== undefined) return this.#opened(sealed);
    const created = this.#vault.seal(this.#name, JSON.stringify(await create()));
    return this.#opened(await this.#settings.first(this.#name, created));
  }

  /** Returns the keys; undefined if they do not exist yet. */
  async find(): Promise<Opened | undefined> {
    const sealed = (await this.#settings.cached(this.#name)) ?? (await this.#settings.get(this.#name));
    return sealed === undefined ? undefined : this.#opened(sealed);
  }

  /** Caches by the stored text, because an import may replace the keys. */
  #opened(sealed: string): Promise<Opened> {
    if (this.#cached?.sealed === sealed) return this.#cached.opened;
    const opened = this.#open(storedJson(this.#shape, this.#vault.open(this.#name, sealed), this.#name));
    this.#cached = { sealed, opened };
    opened.catch(() => {
      this.#cached = undefined;
    });
    return opened;
  }
}
