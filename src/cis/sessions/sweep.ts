import type { Clock } from '@alongside/kernel/clock';
import type { Limiter } from '../limiter.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { MailSender } from '../mail/sender.ts';
import type { Agents } from './agents.ts';
import type { Delivery } from './delivery.ts';
import type { Endings } from './endings.ts';
import type { SessionMessages } from './messages.ts';
import type { Sessions } from './sessions.ts';

/** Milliseconds between two sweeps, and between two times that old records are removed. */
export const sweepEvery = 5_000;
const forgetEvery = 3_600_000;

export interface SweepDeps {
  sessions: Sessions;
  agents: Agents;
  endings: Endings;
  delivery: Delivery;
  messages: SessionMessages;
  outbox: Outbox;
  sender: MailSender;
  limiter: Limiter;
  clock: Clock;
}

/** The regular look for sessions whose time is over, and for what others have still to hear. */
export class Sweep {
  readonly #deps: SweepDeps;
  #forgotAt: number;

  constructor(deps: SweepDeps) {
    this.#deps = deps;
    this.#forgotAt = deps.clock.now();
  }

  /** Ends what is over and resolves once the subscribers were told, or could not be for now. */
  async run(): Promise<void> {
    const { sessions, agents, endings, delivery, messages, outbox, sender, limiter, clock } = this.#deps;
    await endings.announce(await sessions.expire());
    // What ends them is done right after the change; only a process that was killed in between leaves one.
    for (const { id, cause } of await sessions.withoutGrounds()) await endings.end(id, cause);
    await Promise.all([delivery.resume(), sender.run()]);
    if (Math.abs(clock.now() - this.#forgotAt) < forgetEvery) return;
    this.#forgotAt = clock.now();
    await Promise.all([
      sessions.forget(),
      agents.forget(),
      messages.forget(),
      outbox.forget(),
      limiter.forget(),
    ]);
  }
}
