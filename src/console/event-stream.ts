import { StreamAnswer } from '@alongside/kernel/answer';
import type { JourneyEvent } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import type { ConsoleContext } from './dependencies.ts';
import { errors } from './errors.ts';

type EventSource = Pick<ConsoleContext, 'database' | 'events' | 'listenEvents'>;

/** The events of a stream: those after a number, of one journey or of all. */
interface EventRange {
  since: number;
  journey?: string;
}

const mostStreams = 100;
/** Milliseconds between comments that keep the connection open. */
const heartbeat = 15_000;

export const wantsStream = ({ headers }: HttpRequest): boolean =>
  (headers.accept ?? '')
    .split(',')
    .some((range) => range.split(';')[0]?.trim().toLowerCase() === 'text/event-stream');

/** Returns the number after which a reconnecting browser continues. */
export const lastEventId = ({ headers }: HttpRequest): number | undefined => {
  const header = headers['last-event-id'];
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
};

const written = (event: JourneyEvent): string => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;

/** Wakes its one waiter. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Waits for a ring since the last wait. Returns false on a time-out. */
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
 * Yields stored events, then new ones, as server-sent events (HTML Living Standard section 9.2). Reads them from storage in
 * order, so that none is missed or repeated, whichever process stores it.
 */
export async function* eventStream(
  { database, events, listenEvents }: EventSource,
  { since, ...filter }: EventRange,
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
      const found = await events.list({ since: last, ...filter });
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

/** Opens event streams up to a limit. */
export class EventStreams {
  readonly #source: EventSource;
  #open = 0;

  constructor(source: EventSource) {
    this.#source = source;
  }

  open(range: EventRange): StreamAnswer {
    if (this.#open >= mostStreams) throw errors.tooManyStreams(`${this.#open} streams are open`);
    return new StreamAnswer(
      200,
      { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
      (gone) => this.#counted(range, gone),
    );
  }

  async *#counted(range: EventRange, gone: AbortSignal): AsyncGenerator<string> {
    this.#open += 1;
    try {
      yield* eventStream(this.#source, range, gone);
    } finally {
      this.#open -= 1;
    }
  }
}
