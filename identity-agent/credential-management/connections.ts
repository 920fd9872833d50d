import type { Clock } from '@alongside/kernel/clock';
import { randomToken, uuid } from '@alongside/kernel/ids';
import { signingErrors } from './errors.ts';

/** Maximum number of connections of one origin. A page that reloads without leaving replaces its oldest. */
const maxOfOrigin = 8;
/** Maximum number of connections of all origins. */
const maxOfAll = 64;
/** Milliseconds after the last request in which a connection ends. */
const idleFor = 60_000;
/** Milliseconds that a poll waits, because this hub has no messages of its own; `ConnectionTimeout` of SignalR. */
const pollFor = 110_000;

/** The response to a poll: a message id, no messages and, if the agent stops, the advice to reconnect. */
export interface PollAnswer {
  C: string;
  M: [];
  S?: 1;
  T?: 1;
}

/** A connection of ASP.NET SignalR 2 between `negotiate` and `abort`. */
export class SignalrConnection {
  readonly id = uuid();
  readonly token = randomToken();
  readonly origin: string;
  /** When its last request was answered, in milliseconds. */
  seenAt: number;
  /** Requests without a response. */
  open = 0;
  /** Hub calls without a response. */
  calls = 0;
  readonly #ended = new AbortController();
  #answered = 0;
  #release: ((answer: PollAnswer) => void) | undefined;

  constructor(origin: string, seenAt: number) {
    this.origin = origin;
    this.seenAt = seenAt;
  }

  /** Aborts when the connection ends. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Returns the response of `connect`, with which the connection is initialised. */
  init(): PollAnswer {
    return { ...this.#next(), S: 1 };
  }

  /** Returns an empty response at once, which tells the page that it is connected again. */
  reconnect(): PollAnswer {
    return this.#next();
  }

  /** Waits until something ends the poll: the time, a newer poll, the client or the connection. */
  async poll(gone: AbortSignal): Promise<PollAnswer> {
    this.#release?.(this.#next());
    const waiting = Promise.withResolvers<PollAnswer>();
    const release = waiting.resolve;
    this.#release = release;
    const over = (): void => release(this.#next());
    const timer = setTimeout(over, pollFor);
    timer.unref();
    gone.addEventListener('abort', over);
    if (gone.aborted || this.ended.aborted) over();
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
      gone.removeEventListener('abort', over);
      if (this.#release === release) this.#release = undefined;
    }
  }

  /** Ends the connection. @param reconnect whether the page should connect again */
  end(reconnect = false): void {
    this.#ended.abort();
    this.#release?.({ ...this.#next(), ...(reconnect ? { T: 1 } : {}) });
  }

  /** Each response has another message id, which the client returns with its next poll. */
  #next(): PollAnswer {
    this.#answered += 1;
    return { C: `d-${this.id.slice(0, 8)}-A,${this.#answered}`, M: [] };
  }
}

/** The open connections, of pages whose origin was checked. */
export class SignalrConnections {
  readonly #open = new Map<string, SignalrConnection>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Adds a connection in place of the oldest of its origin, if it has too many. @throws Refusal `connectionsExhausted` */
  add(origin: string): SignalrConnection {
    this.sweep();
    const ofOrigin = [...this.#open.values()].filter((one) => one.origin === origin);
    const oldest = ofOrigin.find(({ calls }) => calls === 0);
    if (ofOrigin.length >= maxOfOrigin && oldest) this.abort(oldest);
    else if (ofOrigin.length >= maxOfOrigin || this.#open.size >= maxOfAll)
      throw signingErrors.connectionsExhausted(
        `${ofOrigin.length} connections of ${origin}, ${this.#open.size} altogether`,
      );
    const connection = new SignalrConnection(origin, this.#clock.now());
    this.#open.set(connection.token, connection);
    return connection;
  }

  /** Returns a connection of this origin. @throws Refusal `connectionUnknown` */
  find(token: string | null, origin: string): SignalrConnection {
    this.sweep();
    const connection = token === null ? undefined : this.#open.get(token);
    if (connection?.origin !== origin)
      throw signingErrors.connectionUnknown(
        connection ? `it belongs to ${connection.origin}` : 'no connection has this token, or it has ended',
      );
    return connection;
  }

  /** Runs a request of a connection, which does not become idle meanwhile. */
  async during<T>(connection: SignalrConnection, work: () => Promise<T>): Promise<T> {
    connection.open += 1;
    try {
      return await work();
    } finally {
      connection.open -= 1;
      connection.seenAt = this.#clock.now();
    }
  }

  /** Returns the number of hub calls without a response, of an origin and altogether. */
  callsOf(origin: string): { ofOrigin: number; all: number } {
    const calls = { ofOrigin: 0, all: 0 };
    for (const connection of this.#open.values()) {
      calls.all += connection.calls;
      if (connection.origin === origin) calls.ofOrigin += connection.calls;
    }
    return calls;
  }

  abort(connection: SignalrConnection): void {
    this.#open.delete(connection.token);
    connection.end();
  }

  /** Ends idle connections. */
  sweep(): void {
    const now = this.#clock.now();
    for (const connection of this.#open.values())
      if (connection.open === 0 && Math.abs(now - connection.seenAt) >= idleFor) this.abort(connection);
  }

  /** Ends all connections, with the advice to connect again. */
  close(): void {
    for (const connection of this.#open.values()) connection.end(true);
    this.#open.clear();
  }
}
