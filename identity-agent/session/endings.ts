import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import type { AgentEndCause } from '../../src/cis/protocol.ts';
import type { HeldKey } from './agent-key.ts';
import { type CisClient, CisRefusal } from './cis-client.ts';

/** Milliseconds without heartbeats after which CIS ends a session itself. */
const ttl = 600_000;

interface Ending {
  id: string;
  key: HeldKey;
  cause: AgentEndCause;
  until: number;
}

/** Sessions that ended here and that CIS must be notified of: at once, and again while it does not respond. */
export class Endings {
  readonly #cis: CisClient;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #waiting = new Map<string, Ending>();

  constructor(cis: CisClient, clock: Clock, log: Log) {
    this.#cis = cis;
    this.#clock = clock;
    this.#log = log;
  }

  /** Notifies CIS. Resolves when it was notified or did not respond; never rejects. */
  add({ id, key }: { id: string; key: HeldKey }, cause: AgentEndCause): Promise<void> {
    const ending = { id, key, cause, until: this.#clock.now() + ttl };
    this.#waiting.set(id, ending);
    return this.#tell(ending);
  }

  async retry(): Promise<void> {
    for (const ending of this.#waiting.values()) await this.#tell(ending);
  }

  async #tell(ending: Ending): Promise<void> {
    try {
      await this.#cis.end(ending.id, ending.key, ending.cause);
      this.#waiting.delete(ending.id);
    } catch (error) {
      const giveUp = error instanceof CisRefusal || this.#clock.now() >= ending.until;
      if (giveUp) this.#waiting.delete(ending.id);
      this.#log.warn(
        { cause: ending.cause, reason: reasonOf(error), again: !giveUp },
        'CIS was not notified of an ended session',
      );
    }
  }
}
