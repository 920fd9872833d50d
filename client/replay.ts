import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';

/** Stores used values. With several processes, use the application's database. */
export interface ReplayStore {
  /**
   * Stores a key until a time in milliseconds since the epoch. Returns true for the first caller and false for others, with one
   * conditional write, so that two concurrent callers cannot both succeed.
   */
  addOnce(key: string, until: number): Promise<boolean>;
  /** Removes a key if its action failed. */
  remove(key: string): Promise<void>;
}

/** A replay store for one process. Keeps unexpired keys; refuses new ones above `limit` entries. */
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
