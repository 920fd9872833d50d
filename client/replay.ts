import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';

/** Remembers what was used once. Back it with the application's database when there is more than one process. */
export interface ReplayStore {
  /**
   * Records a key until a time in milliseconds since the epoch. True for the first caller, false for every
   * other; one conditional write, so that two at once cannot both win.
   */
  addOnce(key: string, until: number): Promise<boolean>;
  /** Forgets a key again, because what it stood for was not done after all. */
  remove(key: string): Promise<void>;
}

/** A replay store of one process. Holds what has not run out; beyond `limit` entries it refuses new ones. */
export function memoryReplayStore(options: { clock?: Clock; limit?: number } = {}): ReplayStore {
  const clock = options.clock ?? systemClock;
  const limit = options.limit ?? 100_000;
  const entries = new Map<string, number>();
  return {
    async addOnce(key, until) {
      const now = clock.now();
      if ((entries.get(key) ?? 0) > now) return false;
      if (entries.size >= limit) for (const [old, end] of entries) if (end <= now) entries.delete(old);
      if (entries.size >= limit) return false;
      entries.set(key, until);
      return true;
    },
    async remove(key) {
      entries.delete(key);
    },
  };
}
