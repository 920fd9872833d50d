import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
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
