import { statSync } from 'node:fs';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import type { Config } from '../config.ts';

/** Part of the configuration that can change while the process runs. */
export interface Reloadable {
  readonly settings: readonly (keyof Config)[];
  /** Files that are checked each minute; a change of one reloads this part. */
  files?(config: Config): (string | undefined)[];
  /** Reads and checks the new state, and returns a function that applies it. Throws for an invalid state. */
  prepare(config: Config): (() => void) | Promise<() => void>;
}

/** Replaces the elements of a shared list. */
export function replaceAll<T>(list: T[], elements: readonly T[]): void {
  list.splice(0, list.length, ...elements);
}

const stampOf = (file: string): string => {
  const { mtimeMs = 0, size = 0, ino = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return `${mtimeMs} ${size} ${ino}`;
};

/** Applies a changed configuration without a restart: all of it, or nothing if a part is invalid. */
export class Reloads {
  readonly #parts: Reloadable[] = [];
  readonly #stamps = new Map<Reloadable, string>();
  readonly #log: Log;
  readonly #check: (config: Config) => void;
  #config: Config;
  #failures = 0;
  #running: Promise<unknown> = Promise.resolve();

  /** @param check throws for a forbidden configuration */
  constructor(config: Config, { log, check }: { log: Log; check: (config: Config) => void }) {
    this.#config = config;
    this.#log = log;
    this.#check = check;
  }

  /** Number of failed reloads since the start. */
  get failures(): number {
    return this.#failures;
  }

  add(part: Reloadable): void {
    this.#parts.push(part);
    this.#stamps.set(part, this.#stampOf(part));
  }

  /** Reads the configuration again. Resolves with whether it was applied; logs settings that need a restart. */
  reload(load: () => Config): Promise<boolean> {
    return this.#inTurn(async () => {
      const wanted = load();
      const reloadable = new Set(this.#parts.flatMap(({ settings }) => settings));
      const changed = (Object.keys(wanted) as (keyof Config)[]).filter(
        (key) => JSON.stringify(wanted[key]) !== JSON.stringify(this.#config[key]),
      );
      const next = { ...this.#config };
      for (const key of reloadable) Object.assign(next, { [key]: wanted[key] });
      await this.#apply(this.#parts, next);
      const restart = changed.filter((key) => !reloadable.has(key));
      if (restart.length > 0) this.#log.warn({ settings: restart }, 'changed settings need a restart');
      this.#log.warn({ settings: changed.filter((key) => reloadable.has(key)) }, 'configuration reloaded');
    });
  }

  /** Reloads the parts with changed files. */
  checkFiles(): Promise<boolean> {
    return this.#inTurn(async () => {
      const changed = this.#parts.filter((part) => this.#stampOf(part) !== this.#stamps.get(part));
      if (changed.length === 0) return;
      const settings = changed.flatMap((part) => part.settings);
      await this.#apply(changed, this.#config);
      this.#log.warn({ settings }, 'changed files reloaded');
    });
  }

  async #apply(parts: readonly Reloadable[], config: Config): Promise<void> {
    // Before they are read, so that a later change is noticed at the next check.
    for (const part of parts) this.#stamps.set(part, this.#stampOf(part, config));
    this.#check(config);
    const commits: (() => void)[] = [];
    for (const part of parts) commits.push(await part.prepare(config));
    for (const commit of commits) commit();
    this.#config = config;
  }

  #stampOf(part: Reloadable, config = this.#config): string {
    return (part.files?.(config) ?? []).map((file) => (file === undefined ? '' : stampOf(file))).join('; ');
  }

  #inTurn(work: () => Promise<void>): Promise<boolean> {
    const attempt = this.#running.then(work).then(
      () => true,
      (error: unknown) => {
        this.#failures += 1;
        this.#log.error(
          { reason: reasonOf(error), failures: this.#failures },
          'the configuration could not be reloaded: the earlier one stays in effect',
        );
        return false;
      },
    );
    this.#running = attempt;
    return attempt;
  }
}
