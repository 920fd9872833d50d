import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import type { EndCause } from '../protocol.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

/** Milliseconds between two looks for sessions that another process has ended. */
const lookEvery = 1_000;
/** A look reaches back this far before the last one: a write that took its time, another machine's clock. */
const overlap = 60_000;

type Waiter = (cause: EndCause | null) => void;

/** Agents that wait for the end of their session: one for each session, the latest. */
export class EndWatch {
  readonly #sessions: Sessions;
  readonly #background: Background;
  readonly #log: Log;
  readonly #waiting = new Map<string, Waiter>();
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;
  #lookedAt: number;

  constructor(sessions: Sessions, clock: Clock, background: Background, log: Log) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#lookedAt = clock.now();
    this.#background = background;
    this.#log = log;
  }

  /** A session has ended in this process. */
  ended({ id, endCause }: Pick<Session, 'id' | 'endCause'>): void {
    this.#waiting.get(id)?.(endCause ?? 'expired');
  }

  /** Why the session has ended, once it has; null when the time is over, the caller has gone or asks anew. */
  async wait(id: string, milliseconds: number, gone: AbortSignal): Promise<EndCause | null> {
    this.#waiting.get(id)?.(null);
    const cause = new Promise<EndCause | null>((resolve) => {
      const settle: Waiter = (ended) => {
        clearTimeout(over);
        gone.removeEventListener('abort', nobody);
        if (this.#waiting.get(id) === settle) this.#waiting.delete(id);
        if (this.#waiting.size === 0) clearInterval(this.#timer);
        resolve(ended);
      };
      const nobody = () => settle(null);
      const over = setTimeout(nobody, milliseconds).unref();
      gone.addEventListener('abort', nobody);
      if (this.#waiting.size === 0) {
        this.#lookedAt = this.#clock.now();
        this.#timer = setInterval(() => this.#lookLater(), lookEvery).unref();
      }
      this.#waiting.set(id, settle);
      if (gone.aborted) nobody();
    });
    // It may have ended between the caller's own look and now.
    const session = await this.#sessions.find(id);
    if (session && session.endedAt !== null) this.ended(session);
    return await cause;
  }

  #lookLater(): void {
    this.#background.run(this.#log, 'ended sessions could not be looked for', () => this.#look());
  }

  /** Reads what ended lately, which is little, and not the many sessions that wait here. */
  async #look(): Promise<void> {
    const now = this.#clock.now();
    // Whichever way the clock was moved, what ended since the last look is after the earlier of the two.
    const since = Math.min(now, this.#lookedAt) - overlap;
    for (const session of await this.#sessions.endedAfter(since)) this.ended(session);
    this.#lookedAt = now;
  }
}
