import type { Clock } from '@alongside/kernel/clock';

interface Entry {
  due: number;
  work(): void;
}

/**
 * Named timers, one for each name. The caller runs them with `run`, so a moved clock or a computer that slept is handled at the
 * next run.
 */
export class Schedule {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets or replaces a timer. @param seconds from now */
  set(name: string, seconds: number, work: () => void): void {
    this.#entries.set(name, { due: this.#clock.now() + seconds * 1000, work });
  }

  /** Returns the due time of a timer in milliseconds. */
  due(name: string): number | undefined {
    return this.#entries.get(name)?.due;
  }

  drop(name: string): void {
    this.#entries.delete(name);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Runs due timers, the earliest first. Timers that they set have their own time. */
  run(): void {
    const now = this.#clock.now();
    const due = [...this.#entries].filter(([, entry]) => entry.due <= now);
    for (const [name, entry] of due.sort(([, a], [, b]) => a.due - b.due)) {
      // An earlier timer may have removed or replaced it.
      if (this.#entries.get(name) !== entry) continue;
      this.#entries.delete(name);
      entry.work();
    }
  }
}
