import type { Clock } from '@alongside/kernel/clock';
import type { Agents } from './agents.ts';
import type { Endings } from './endings.ts';
import type { Sessions } from './sessions.ts';

/** Milliseconds between two sweeps, and between two times that old records are removed. */
export const sweepEvery = 5_000;
const forgetEvery = 3_600_000;

/** The regular look for sessions whose time is over. */
export class Sweep {
  readonly #sessions: Sessions;
  readonly #agents: Agents;
  readonly #endings: Endings;
  readonly #clock: Clock;
  #forgotAt: number;

  constructor(sessions: Sessions, agents: Agents, endings: Endings, clock: Clock) {
    this.#sessions = sessions;
    this.#agents = agents;
    this.#endings = endings;
    this.#clock = clock;
    this.#forgotAt = clock.now();
  }

  /** Ends what is over and resolves once the subscribers were told, or could not be for now. */
  async run(): Promise<void> {
    await this.#endings.announce(await this.#sessions.expire());
    if (Math.abs(this.#clock.now() - this.#forgotAt) < forgetEvery) return;
    this.#forgotAt = this.#clock.now();
    await Promise.all([this.#sessions.forget(), this.#agents.forget()]);
  }
}
