import type { Background } from '@alongside/kernel/background';
import type { Recorder } from '@alongside/kernel/events';
import { endOf } from '@alongside/kernel/journeys';
import type { Log } from '@alongside/kernel/log';
import { inBatches } from '../../storage/batches.ts';
import type { EndCause } from '../protocol.ts';
import type { Delivery } from './delivery.ts';
import type { EndWatch } from './end-watch.ts';
import type { Session } from './session.ts';
import type { EndedSession, Sessions } from './sessions.ts';

export interface EndingDependencies {
  sessions: Sessions;
  delivery: Delivery;
  watch: EndWatch;
  recorder: Recorder;
  background: Background;
  log: Log;
  /** Resolves when all writes so far are on the disk. */
  durable: () => Promise<void> | undefined;
}

/** Ends sessions and notifies the subscribers. */
export class Endings {
  readonly #dependencies: EndingDependencies;

  constructor(dependencies: EndingDependencies) {
    this.#dependencies = dependencies;
  }

  /** Returns a session, marked as ended if it has expired. Subscribers are then notified in the background. */
  async read(id: string): Promise<Session | undefined> {
    const { sessions, background, log } = this.#dependencies;
    const session = await sessions.find(id);
    if (!session || !sessions.isOverdue(session)) return session;
    const [expired] = await sessions.expire(id);
    // A heartbeat, or another process, was faster.
    if (!expired) return await sessions.find(id);
    background.run(log, 'the end of a session was not announced', () => this.announce([expired]));
    return expired;
  }

  /** Ends a session unless it has ended. Resolves when subscribers were notified or a retry is due later. */
  async end(id: string, cause: EndCause): Promise<void> {
    const ended = await this.#dependencies.sessions.end(id, cause);
    if (ended) await this.announce([ended]);
  }

  /** Ends expired sessions and notifies the subscribers. Returns whether more remain. */
  async endExpired(): Promise<boolean> {
    return await inBatches(async () => {
      const expired = await this.#dependencies.sessions.expireSome();
      await this.announce(expired);
      return expired.length;
    });
  }

  /** Announces ended sessions. Resolves when subscribers were notified or a retry is due later. */
  async announce(ended: readonly EndedSession[]): Promise<void> {
    if (ended.length === 0) return;
    const { delivery, watch, recorder, durable, background, log } = this.#dependencies;
    await durable();
    for (const { id, endCause: cause } of ended) {
      watch.ended({ id, endCause: cause });
      recorder.record({
        // The end is a journey of its own, found from the others by the session.
        keys: [endOf(id)],
        session: id,
        from: 'cis',
        to: 'cis2',
        name: 'cis.session-ended',
        detail: { cause },
      });
    }
    // The sessions have ended even if their messages must wait.
    await background.run(log, 'the messages to subscribers wait', () => delivery.run());
  }
}
