import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { type SessionEnded, sessionEndedPath } from '../protocol.ts';

/** Who is told of ended sessions: an origin, and the secret that it knows CIS by. */
export interface Subscriber {
  url: string;
  secret: string;
}

/** Milliseconds: how long one delivery may take, and how long to wait after a failed one: twice as long each time, up to a most. */
export const deliveryTimes = { timeout: 3_000, first: 500, most: 30_000 };

/** A message that failed so often is given up; with the waits above that is more than half an hour. */
const mostAttempts = 80;

interface Message {
  body: SessionEnded;
  attempts: number;
  /** Called once, after the first attempt or when it is clear that it has to wait. */
  tried(): void;
}

/** The messages to one subscriber, in order: the next is sent when the one before has arrived. */
class Outbox {
  readonly #subscriber: Subscriber;
  readonly #log: Log;
  readonly #times: typeof deliveryTimes;
  #queue: Message[] = [];
  #sending = false;
  #wait: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(subscriber: Subscriber, log: Log, times: typeof deliveryTimes) {
    this.#subscriber = subscriber;
    this.#log = log;
    this.#times = times;
    this.#wait = times.first;
  }

  send(body: SessionEnded): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push({ body, attempts: 0, tried: resolve });
      void this.#drain();
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const { tried } of this.#queue) tried();
    this.#queue = [];
  }

  async #drain(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    for (let message = this.#queue[0]; message; message = this.#queue[0]) {
      const failure = await this.#post(message);
      message.tried();
      if (failure !== undefined && !this.#givenUp(message, failure)) {
        this.#later();
        break;
      }
      // Only when it is still there: stopping empties the queue.
      if (this.#queue[0] === message) this.#queue.shift();
      this.#wait = this.#times.first;
    }
    this.#sending = false;
  }

  #givenUp(message: Message, failure: string): boolean {
    message.attempts += 1;
    const givenUp = message.attempts >= mostAttempts;
    const fields = {
      url: this.#subscriber.url,
      session: message.body.sessionId,
      attempt: message.attempts,
      failure,
    };
    if (givenUp) this.#log.error(fields, 'a subscriber was never told that a session had ended');
    else this.#log.warn(fields, 'a subscriber could not be told that a session had ended');
    return givenUp;
  }

  #later(): void {
    // Whoever waits behind the one that failed waits no longer than this.
    for (const { tried } of this.#queue) tried();
    if (this.#queue.length === 0) return;
    this.#timer = setTimeout(() => void this.#drain(), this.#wait);
    this.#timer.unref();
    this.#wait = Math.min(this.#wait * 2, this.#times.most);
  }

  /** Why it did not arrive; undefined when it did. */
  async #post({ body }: Message): Promise<string | undefined> {
    try {
      const response = await fetch(`${this.#subscriber.url}${sessionEndedPath}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#subscriber.secret}` },
        body: JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(this.#times.timeout),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `it answered ${response.status}`;
    } catch (error) {
      return reasonOf((error as { cause?: unknown }).cause ?? error);
    }
  }
}

/** Tells every subscriber of ended sessions, at once and then again until it arrives. */
export class Delivery {
  readonly #outboxes: readonly Outbox[];

  constructor(subscribers: readonly Subscriber[], log: Log, times = deliveryTimes) {
    this.#outboxes = subscribers.map((subscriber) => new Outbox(subscriber, log, times));
  }

  /** Resolves once every subscriber knows, or could not be told for now; then it is tried again by itself. */
  async tell(ended: SessionEnded): Promise<void> {
    await Promise.all(this.#outboxes.map((outbox) => outbox.send(ended)));
  }

  /** Gives up what has not arrived. */
  stop(): void {
    for (const outbox of this.#outboxes) outbox.stop();
  }
}
