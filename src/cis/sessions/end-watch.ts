import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import type { EndCause } from '../protocol.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

/** Milliseconds between two checks for sessions that another process has ended. */
const lookEvery = 1_000;
/** Milliseconds before the last check that a check includes, for slow writes and clocks of other machines. */
const overlap = 60_000;

type Waiter = (cause: EndCause | null) => void;

/** The calls of agents that wait for the end of their session, the latest of each session. */
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

  /** Reports a session that has ended in this process. */
  ended({ id, endCause }: Pick<Session, 'id' | 'endCause'>): void {
    this.#waiting.get(id)?.(endCause ?? 'expired');
  }

  /** Resolves with the cause when the session ends, or with null after the time, when the caller leaves or calls again. */
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
    // It may have ended since the caller read it.
    const session = await this.#sessions.find(id);
    if (session && session.endedAt !== null) this.ended(session);
    return await cause;
  }

  #lookLater(): void {
    this.#background.run(this.#log, 'ended sessions could not be looked for', () => this.#look());
  }

  /** Reads recently ended sessions, which are few, instead of the many that are waited for. */
  async #look(): Promise<void> {
    const now = this.#clock.now();
    // If the clock was moved, the earlier of both times precedes all ends since the last check.
    const since = Math.min(now, this.#lookedAt) - overlap;
    for (const session of await this.#sessions.endedAfter(since)) this.ended(session);
    this.#lookedAt = now;
  }
}
