import type { Clock } from '@alongside/kernel/clock';

interface Entry {
  due: number;
  work(): void;
}

/**
 * What is to happen at a time of the clock, by name: one entry a name. Nothing runs by itself; whoever drives the agent
 * calls `run`, so a clock that is moved, or a computer that slept, is caught up with at the next look.
 */
export class Schedule {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets or replaces an entry. @param seconds from now */
  set(name: string, seconds: number, work: () => void): void {
    this.#entries.set(name, { due: this.#clock.now() + seconds * 1000, work });
  }

  /** When the entry of this name is due, in milliseconds. */
  due(name: string): number | undefined {
    return this.#entries.get(name)?.due;
  }

  drop(name: string): void {
    this.#entries.delete(name);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Does what is due, the earliest first; what that sets in turn has its own time. */
  run(): void {
    const now = this.#clock.now();
    const due = [...this.#entries].filter(([, entry]) => entry.due <= now);
    for (const [name, entry] of due.sort(([, a], [, b]) => a.due - b.due)) {
      // An earlier one may have dropped or replaced it.
      if (this.#entries.get(name) !== entry) continue;
      this.#entries.delete(name);
      entry.work();
    }
  }
}
