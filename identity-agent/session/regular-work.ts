import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { presence } from '../../src/cis/protocol.ts';
import type { Agent } from './agent.ts';
import type { CisClient } from './cis-client.ts';
import type { FreshStart } from './fresh-start.ts';

/** After CIS gave no answer it is asked again in so many milliseconds. */
const pause = 5_000;

/** Tells CIS that this agent is there. */
export class Presence {
  readonly #cis: CisClient;
  readonly #clock: Clock;
  readonly #log: Log;
  #due = 0;
  #stopped = false;

  constructor(cis: CisClient, clock: Clock, log: Log) {
    this.#cis = cis;
    this.#clock = clock;
    this.#log = log;
  }

  /** Says it now. Never rejects. */
  async announce(sessionId: string | null): Promise<void> {
    if (this.#stopped) return;
    const now = this.#clock.now();
    this.#due = now + pause;
    try {
      await this.#cis.presence({ sessionId });
      this.#due = now + presence.every * 1000;
    } catch (error) {
      this.#log.warn({ reason: reasonOf(error) }, 'CIS did not hear that this agent is there');
    }
  }

  /** Says it when it is due; a clock that was put back makes it due. */
  async whenDue(sessionId: string | null): Promise<void> {
    const left = this.#due - this.#clock.now();
    if (left <= 0 || left > presence.every * 1000) await this.announce(sessionId);
  }

  stop(): void {
    this.#stopped = true;
  }
}

/** What the agent does by the clock: a real second's timer looks at the clock, so a clock that is moved is seen at once. */
export class RegularWork {
  readonly #agent: Agent;
  readonly #presence: Presence;
  readonly #freshStart: FreshStart;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #sweep: () => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #pausedUntil = 0;

  constructor(parts: {
    agent: Agent;
    presence: Presence;
    freshStart: FreshStart;
    clock: Clock;
    log: Log;
    sweep: () => void;
  }) {
    this.#agent = parts.agent;
    this.#freshStart = parts.freshStart;
    this.#presence = parts.presence;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#sweep = parts.sweep;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.tick(), 1_000).unref();
  }

  /** One look at the clock. Looks do not overlap. */
  tick(): Promise<void> {
    this.#running ??= this.#look()
      .catch((error: unknown) => this.#log.error({ reason: reasonOf(error) }, 'regular work failed'))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#presence.stop();
    await this.#running;
  }

  async #look(): Promise<void> {
    const now = this.#clock.now();
    this.#agent.runTimers();
    this.#sweep();
    if (now >= this.#pausedUntil || this.#pausedUntil - now > pause) {
      this.#pausedUntil = now + pause;
      await this.#freshStart.tell();
      await this.#agent.retryEndings();
      await this.#agent.refresh();
    }
    await this.#presence.whenDue(this.#agent.namedSession);
  }
}
