import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { isDue } from '@alongside/kernel/retry';
import { presence } from '../../src/cis/protocol.ts';
import type { Agent } from './agent.ts';
import { type CisClient, CisRefusal } from './cis-client.ts';

/**
 * Makes CIS end the sessions of an agent that was killed. Their keys are lost, so a removed card would go unnoticed, and the
 * session would live until CIS misses the heartbeats.
 */
export class FreshStart {
  readonly #agent: Agent;
  readonly #cis: CisClient;
  readonly #log: Log;
  #told = false;

  constructor(agent: Agent, cis: CisClient, log: Log) {
    this.#agent = agent;
    this.#cis = cis;
    this.#log = log;
  }

  /** Reports the start until CIS responds. Never rejects. */
  async tell(): Promise<void> {
    if (this.#told) return;
    try {
      // Not after a sign-in, because CIS has then ended the workstation's former session.
      await this.#agent.beforeSignIn(() => this.#cis.started());
      this.#told = true;
    } catch (error) {
      this.#told = error instanceof CisRefusal;
      this.#log.warn(
        { reason: reasonOf(error), again: !this.#told },
        'CIS was not notified of the start of this agent',
      );
    }
  }
}

/** Milliseconds until the next attempt if CIS did not respond. */
const pause = 5_000;

/** Announces this agent to CIS. */
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

  /** Announces now. Never rejects. */
  async announce(sessionId: string | null): Promise<void> {
    if (this.#stopped) return;
    const now = this.#clock.now();
    this.#due = now + pause;
    try {
      await this.#cis.presence({ sessionId });
      this.#due = now + presence.every * 1000;
    } catch (error) {
      this.#log.warn({ reason: reasonOf(error) }, 'CIS was not notified of the presence of this agent');
    }
  }

  /** Announces if due; a clock that was set back makes it due. */
  async whenDue(sessionId: string | null): Promise<void> {
    if (isDue(this.#due, this.#clock.now(), presence.every * 1000)) await this.announce(sessionId);
  }

  stop(): void {
    this.#stopped = true;
  }
}

/** The agent's periodic work. A timer of one real second reads the clock, so a moved clock takes effect at once. */
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

  /** Runs due work; runs do not overlap. */
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
    if (isDue(this.#pausedUntil, now, pause)) {
      this.#pausedUntil = now + pause;
      await this.#freshStart.tell();
      await this.#agent.retryEndings();
      await this.#agent.refresh();
    }
    await this.#presence.whenDue(this.#agent.namedSession);
  }
}
