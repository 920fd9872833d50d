import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import type { Agent } from './agent.ts';
import { type CisClient, CisRefusal } from './cis-client.ts';

/**
 * Has CIS end what an agent that was killed left there: its session key went with it, so nobody would see the card leave, and
 * the session would live until CIS misses the heartbeats.
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

  /** Says it until CIS has heard it. Never rejects. */
  async tell(): Promise<void> {
    if (this.#told) return;
    try {
      // After a sign-in there is nothing left: CIS ends the former session of a desk with it.
      await this.#agent.beforeSignIn(() => this.#cis.started());
      this.#told = true;
    } catch (error) {
      this.#told = error instanceof CisRefusal;
      this.#log.warn(
        { reason: reasonOf(error), again: !this.#told },
        'CIS did not hear that this agent began',
      );
    }
  }
}
