import type { Background } from '@alongside/kernel/background';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import type { AuditLog } from '../../storage/audit.ts';
import { inBatches } from '../../storage/batches.ts';
import type { EndCause } from '../protocol.ts';
import type { Delivery } from './delivery.ts';
import type { EndWatch } from './end-watch.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

export interface EndingsDeps {
  sessions: Sessions;
  delivery: Delivery;
  watch: EndWatch;
  recorder: Recorder;
  audit: AuditLog;
  background: Background;
  log: Log;
  /** Resolves once what was written is on the disk. */
  durable: () => Promise<void>;
}

/** The end of sessions, whatever the cause: recorded, and told to the subscribers. */
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

  /** Says that these sessions have ended; resolves once each subscriber knows, or could not be told for now. */
  async announce(ended: readonly Session[]): Promise<void> {
    await Promise.all(ended.map((session) => this.#announceOne(session)));
  }

  async #announceOne({ id, agentId, uid, generation, endCause }: Session): Promise<void> {
    const cause = endCause ?? 'expired';
    const { delivery, watch, recorder, audit, durable } = this.#deps;
    await durable();
    watch.ended({ id, endCause });
    recorder.record({ keys: [id], from: 'cis', to: 'cis2', name: 'cis.session-ended', detail: { cause } });
    await Promise.all([
      delivery.tell({ sessionId: id, agentId, uid, cause, generation }),
      audit.write({
        actor: uid,
        action: 'cis.session-ended',
        target: id,
        session: id,
        device: agentId,
        outcome: 'ok',
        detail: { cause },
      }),
    ]);
  }
}
