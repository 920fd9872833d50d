import type { Background } from '@alongside/kernel/background';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { outbound } from '@alongside/kernel/outbound';
import { batchSize } from '../../storage/batches.ts';
import { type SessionEnded, sessionEndedPath } from '../protocol.ts';
import type { SessionMessages } from './messages.ts';

/** Who is told of ended sessions: an origin, and the secret that it knows CIS by. */
export interface Subscriber {
  /** What it is called in storage, so that it is the same one at another address; the address unless told. */
  name?: string;
  url: string;
  secret: string;
}

/** What a subscriber is called in storage. */
export const keyOf = ({ name, url }: Subscriber): string => name ?? url;

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
  readonly #background: Background;
  readonly #log: Log;
  readonly #times: typeof deliveryTimes;
  /** Called when the subscriber knows, or never will. */
  readonly #done: (sessionId: string) => void;
  #queue: Message[] = [];
  #sending = false;
  #last = Promise.resolve();
  #wait: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    subscriber: Subscriber,
    background: Background,
    log: Log,
    times: typeof deliveryTimes,
    done: (sessionId: string) => void,
  ) {
    this.#subscriber = subscriber;
    this.#background = background;
    this.#log = log;
    this.#times = times;
    this.#done = done;
    this.#wait = times.first;
  }

  get key(): string {
    return keyOf(this.#subscriber);
  }

  /** Whether a message of this session waits here. */
  holds(sessionId: string): boolean {
    return this.#queue.some(({ body }) => body.sessionId === sessionId);
  }

  /** The sessions whose messages wait here. */
  get waiting(): string[] {
    return this.#queue.map(({ body }) => body.sessionId);
  }

  send(body: SessionEnded): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push({ body, attempts: 0, tried: resolve });
      this.#begin();
    });
  }

  /** Sends nothing more; resolves when what is on its way has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    for (const { tried } of this.#queue) tried();
    this.#queue = [];
    await this.#last;
  }

  #begin(): void {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    this.#last = this.#background.run(this.#log, 'the messages to a subscriber wait', () => this.#drain());
  }

  async #drain(): Promise<void> {
    for (let message = this.#queue[0]; message; message = this.#queue[0]) {
      const failure = await this.#post(message);
      message.tried();
      if (failure !== undefined && !this.#givenUp(message, failure)) {
        this.#later();
        break;
      }
      // Only when it is still there: stopping empties the queue.
      if (this.#queue[0] === message) this.#queue.shift();
      this.#done(message.body.sessionId);
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
    this.#timer = setTimeout(() => this.#begin(), this.#wait).unref();
    this.#wait = Math.min(this.#wait * 2, this.#times.most);
  }

  /** Why it did not arrive; undefined when it did. */
  async #post({ body }: Message): Promise<string | undefined> {
    try {
      const { status } = await outbound(
        `${this.#subscriber.url}${sessionEndedPath}`,
        { privateAddresses: true },
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#subscriber.secret}` },
          body: JSON.stringify(body),
          milliseconds: this.#times.timeout,
        },
      );
      return status >= 200 && status < 300 ? undefined : `it answered ${status}`;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

/** Tells every subscriber of ended sessions, at once and then again until it arrives; what is open stands in storage. */
export class Delivery {
  readonly #outboxes: readonly Outbox[];
  readonly #messages: SessionMessages;
  readonly #background: Background;
  readonly #log: Log;
  readonly #marking = new Set<Promise<void>>();
  /** What was told since the last look into storage, which may not show it yet. */
  readonly #justTold = new Set<string>();
  #resuming: Promise<boolean> | undefined;

  constructor(
    subscribers: readonly Subscriber[],
    messages: SessionMessages,
    background: Background,
    log: Log,
    times = deliveryTimes,
  ) {
    this.#messages = messages;
    this.#background = background;
    this.#log = log;
    this.#outboxes = subscribers.map(
      (subscriber) =>
        new Outbox(subscriber, background, log, times, (sessionId) =>
          this.#told(sessionId, keyOf(subscriber)),
        ),
    );
  }

  /** Resolves once every subscriber knows, or could not be told for now; then it is tried again by itself. */
  async tell(ended: SessionEnded): Promise<void> {
    await Promise.all(this.#outboxes.map((outbox) => outbox.send(ended)));
  }

  /** Goes on holding what waits here, so that no other process takes it over. */
  async holdOn(): Promise<void> {
    for (const outbox of this.#outboxes) await this.#messages.hold(outbox.key, outbox.waiting);
  }

  /** Takes over what a process that is no more has left; resolves when it was tried. Returns whether more is left. */
  async resume(): Promise<boolean> {
    if (this.#outboxes.length === 0) return false;
    this.#resuming ??= this.#resume().finally(() => {
      this.#resuming = undefined;
    });
    return await this.#resuming;
  }

  async #resume(): Promise<boolean> {
    await Promise.all(this.#marking);
    this.#justTold.clear();
    const taken = await this.#messages.takeOver();
    await Promise.all(
      taken.map(async ({ subscriber, body }) => {
        const outbox = this.#outboxes.find(({ key }) => key === subscriber);
        if (!outbox || outbox.holds(body.sessionId)) return;
        if (!this.#justTold.has(`${subscriber} ${body.sessionId}`)) await outbox.send(body);
      }),
    );
    return taken.length === batchSize;
  }

  /** Leaves what has not arrived to another process, or to the next start. */
  stop(): void {
    this.#background.run(this.#log, 'messages were not left to others', async () => {
      await Promise.all(this.#outboxes.map((outbox) => outbox.stop()));
      await Promise.all(this.#marking);
      if (this.#outboxes.length > 0) await this.#messages.release();
    });
  }

  /** Nobody waits for it: a message that is not marked is told once more, which does no harm. */
  #told(sessionId: string, subscriber: string): void {
    this.#justTold.add(`${subscriber} ${sessionId}`);
    const marking = this.#background
      .run(this.#log, 'a delivered message was not marked', () => this.#messages.told(sessionId, subscriber))
      .finally(() => this.#marking.delete(marking));
    this.#marking.add(marking);
  }
}
