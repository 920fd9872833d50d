import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { outbound } from '@alongside/kernel/outbound';
import { doublingWaits } from '@alongside/kernel/retry';
import { z } from 'zod';
import type { Statement } from '../../storage/database.ts';
import { type Attempt, Outbox, type OutboxDependencies, type Outcome } from '../../storage/outbox.ts';
import { endCauses, generations, type SessionEnded, sessionEndedPath } from '../protocol.ts';
import type { EndedSession } from './sessions.ts';

/** A service that is notified of ended sessions. */
export interface Subscriber {
  /** Name in storage, which stays the same when the address changes; the address by default. */
  name?: string;
  /** Origin. */
  url: string;
  /** Secret by which it recognises CIS. */
  secret: string;
}

/** Milliseconds: time limit of one attempt, first wait after a failure, and longest wait. */
export const deliveryTimes = { timeout: 3_000, first: 500, most: 30_000 };

/** With the waits above, delivery stops after more than half an hour. */
const maxAttempts = 80;

/** Milliseconds for which a process that ends a session has its messages to itself. */
export const messageHold = 30_000;

const endedShape: z.ZodType<SessionEnded> = z.object({
  sessionId: z.string(),
  agentId: z.string(),
  uid: z.string(),
  cause: z.enum(endCauses),
  generation: z.enum(generations),
});

/** Notifies each subscriber of ended sessions, in order, until it has arrived. */
export class Delivery {
  readonly #outbox: Outbox<SessionEnded>;
  readonly #subscribers: ReadonlyMap<string, Subscriber>;
  readonly #log: Log;
  readonly #timeout: number;

  constructor(dependencies: OutboxDependencies, subscribers: readonly Subscriber[], times = deliveryTimes) {
    this.#subscribers = new Map(
      subscribers.map((subscriber) => [subscriber.name ?? subscriber.url, subscriber]),
    );
    this.#log = dependencies.log;
    this.#timeout = times.timeout;
    this.#outbox = new Outbox(
      dependencies,
      {
        name: 'cis.session-ended',
        shape: endedShape,
        waits: doublingWaits(times.first, times.most, maxAttempts),
        hold: messageHold,
        keptFor: 86_400_000,
        hasTimers: true,
      },
      (attempt) => this.#send(attempt),
    );
  }

  /** Returns the statements that queue the messages about a session, for the batch that ends it. */
  queueStatements({ id, agentId, uid, endCause: cause, generation }: EndedSession): Statement[] {
    const ended = { sessionId: id, agentId, uid, cause, generation };
    return [...this.#subscribers.keys()].map((subscriber) =>
      this.#outbox.enqueueStatement(subscriber, ended, `${id} ${subscriber}`),
    );
  }

  /** Sends queued messages. Resolves when each was delivered or must wait for a retry. Returns whether more are due. */
  async run(): Promise<boolean> {
    return this.#subscribers.size > 0 && (await this.#outbox.run());
  }

  /** Removes old messages. Returns whether more remain. */
  sweep(): Promise<boolean> {
    return this.#outbox.sweep();
  }

  async #send({ key, body, attempt, nextWait, ending }: Attempt<SessionEnded>): Promise<Outcome> {
    const subscriber = this.#subscribers.get(key);
    const failure = subscriber ? await this.#post(subscriber, body, ending) : 'it is no longer a subscriber';
    if (failure === undefined) return { delivered: true, result: '' };
    ending.throwIfAborted();
    const fields = {
      url: subscriber?.url ?? key,
      session: body.sessionId,
      attempt,
      failure,
    };
    if (nextWait === undefined)
      this.#log.error(fields, 'a subscriber was never told that a session had ended');
    else this.#log.warn(fields, 'a subscriber could not be told that a session had ended');
    return { delivered: false, result: failure };
  }

  /** Returns the reason of a failure; undefined if the message arrived. */
  async #post(
    { url, secret }: Subscriber,
    ended: SessionEnded,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const { status } = await outbound(
        `${url}${sessionEndedPath}`,
        { privateAddresses: true },
        {
          purpose: 'logout',
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
          body: JSON.stringify(ended),
          milliseconds: this.#timeout,
          signal,
        },
      );
      return status >= 200 && status < 300 ? undefined : `it answered ${status}`;
    } catch (error) {
      return reasonOf(error);
    }
  }
}
