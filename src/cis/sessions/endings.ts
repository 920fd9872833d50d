import type { Background } from '@alongside/kernel/background';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import { inBatches } from '../../storage/batches.ts';
import type { EndCause } from '../protocol.ts';
import type { Delivery } from './delivery.ts';
import type { EndWatch } from './end-watch.ts';
import type { Session } from './session.ts';
import type { EndedSession, Sessions } from './sessions.ts';

export interface EndingsDeps {
  sessions: Sessions;
  delivery: Delivery;
  watch: EndWatch;
  recorder: Recorder;
  background: Background;
  log: Log;
  /** Resolves once what was written is on the disk. */
  durable: () => Promise<void>;
}

/** Ends sessions and notifies the subscribers. */
export class Endings {
  readonly #deps: EndingsDeps;

  constructor(deps: EndingsDeps) {
    this.#deps = deps;
  }

  /** The session with this id, marked as ended if its time is over. The subscribers hear of that in the background. */
  async read(id: string): Promise<Session | undefined> {
    const [expired] = await this.#deps.sessions.expire(id);
    if (!expired) return await this.#deps.sessions.find(id);
    const { background, log } = this.#deps;
    background.run(log, 'the end of a session was not announced', () => this.announce([expired]));
    return expired;
  }

  /** Ends a session, unless it has ended, and resolves once the subscribers were told. */
  async end(id: string, cause: EndCause): Promise<void> {
    const ended = await this.#deps.sessions.end(id, cause);
    if (ended) await this.announce([ended]);
  }

  /** Ends sessions whose time is over, and resolves once the subscribers were told. Returns whether more are left. */
  async endExpired(): Promise<boolean> {
    return await inBatches(async () => {
      const expired = await this.#deps.sessions.expireSome();
      await this.announce(expired);
      return expired.length;
    });
  }

  /** Announces that these sessions have ended; resolves once each subscriber knows, or could not be notified for now. */
  async announce(ended: readonly EndedSession[]): Promise<void> {
    await Promise.all(ended.map((session) => this.#announceOne(session)));
  }

  async #announceOne({ id, agentId, uid, generation, endCause: cause }: EndedSession): Promise<void> {
    const { delivery, watch, recorder, durable } = this.#deps;
    await durable();
    watch.ended({ id, endCause: cause });
    recorder.record({ keys: [id], from: 'cis', to: 'cis2', name: 'cis.session-ended', detail: { cause } });
    await delivery.tell({ sessionId: id, agentId, uid, cause, generation });
  }
}
