import type { JourneyEvent } from '@alongside/kernel/events';
import type { Database } from '../storage/database.ts';
import type { StoredEvents } from '../storage/events.ts';

interface Parts {
  database: Database;
  events: StoredEvents;
  listenEvents: (listener: () => void) => () => void;
}

/** Milliseconds between comments that keep the connection from looking dead. */
const heartbeat = 15_000;

const written = (event: JourneyEvent): string => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;

/** Rings when an event was kept, here or by another process, and at the latest after a heartbeat. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Whether it rang; false when only the time is over. */
  async wait(milliseconds: number): Promise<boolean> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}

/**
 * Events after a number as server-sent events (HTML Living Standard section 9.2), first those that are kept, then each as
 * it comes. Read from storage in their order, so that none is missed or sent twice, whichever process kept it.
 */
export async function* eventStream(
  { database, events, listenEvents }: Parts,
  { since, journey }: { since: number; journey?: string },
  gone: AbortSignal,
  beat = heartbeat,
): AsyncGenerator<string> {
  const bell = new Bell();
  const ring = () => bell.ring();
  const unlisten = listenEvents(ring);
  const unwatch = database.onForeignChange(ring);
  gone.addEventListener('abort', ring);
  try {
    yield 'retry: 1000\n: events\n\n';
    let last = since;
    while (!gone.aborted) {
      const found = await events.list({ since: last, ...(journey === undefined ? {} : { journey }) });
      for (const event of found) {
        last = event.seq;
        yield written(event);
      }
      if (found.length > 0) continue;
      if (!(await bell.wait(beat))) yield ': still here\n\n';
    }
  } finally {
    unlisten();
    unwatch();
    gone.removeEventListener('abort', ring);
  }
}
