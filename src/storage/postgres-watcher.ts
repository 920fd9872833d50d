import { type ConnectionOptions, PostgresConnection } from './postgres-connection.ts';
import { Echo, type Notify, Unheard } from './postgres-echo.ts';

const reconnectAfter = 250;
/** A connection that only listens would never notice a lost server. */
const askEvery = 400;
/** Milliseconds after which a connection without a response may have missed notifications. */
const currentFor = 1_000;
/** Milliseconds between two notifications that this process sends to itself, and for which one proves that others arrive. */
const echoEvery = 5_000;
const echoFor = 3 * echoEvery;
/** Milliseconds after which cached rows are read again, whatever was notified. */
const oldestRows = 60_000;

/** Listens for notifications on a separate connection; reconnects when it is lost. */
export class PostgresWatcher {
  readonly #options: ConnectionOptions;
  readonly #listeners: Readonly<Record<string, (payload: string) => void>>;
  readonly #onMissed: () => void;
  readonly #notify: Notify;
  #timer: NodeJS.Timeout | undefined;
  #echoTimer: NodeJS.Timeout | undefined;
  #connection: PostgresConnection | undefined;
  #connections = 0;
  /** When the server last responded, on the monotonic clock. */
  #provenAt = Number.NEGATIVE_INFINITY;
  /** When its own notification last arrived, and when the connection was opened. */
  #echoAt = Number.NEGATIVE_INFINITY;
  #openedAt = 0;
  #isClosed = false;

  /**
   * @param listeners called with the payload of each notification, by channel
   * @param onMissed called when some may have been missed
   * @param notify sends a notification on another connection
   */
  constructor(
    options: ConnectionOptions,
    listeners: Readonly<Record<string, (payload: string) => void>>,
    onMissed: () => void,
    notify: Notify,
  ) {
    this.#options = options;
    this.#listeners = listeners;
    this.#onMissed = onMissed;
    this.#notify = notify;
    void this.#watch();
  }

  /** Changes with each connection and each minute; undefined while notifications may be late by more than a second. */
  get version(): string | undefined {
    const now = performance.now();
    if (now - this.#provenAt >= currentFor || now - this.#echoAt >= echoFor) return undefined;
    return `${this.#connections}.${Math.floor((now - this.#openedAt) / oldestRows)}`;
  }

  async end(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#echoTimer);
    await this.#connection?.end();
  }

  async #watch(again = false): Promise<void> {
    const connection = new PostgresConnection(this.#options);
    this.#connection = connection;
    connection.on('notification', ({ channel, payload = '' }) => this.#listeners[channel]?.(payload));
    connection.once('end', () => {
      this.#provenAt = Number.NEGATIVE_INFINITY;
      this.#echoAt = Number.NEGATIVE_INFINITY;
      this.#after(reconnectAfter, () => this.#watch(true));
    });
    try {
      await connection.connect();
      for (const channel of Object.keys(this.#listeners)) await connection.send(`LISTEN ${channel}`);
      const echo = new Echo(connection, this.#notify, this.#options.silence);
      await echo.listen();
      this.#connections += 1;
      this.#openedAt = performance.now();
      await this.#prove(connection);
      if (again) this.#onMissed();
      this.#ask(connection);
      await this.#echo(connection, echo);
    } catch (error) {
      connection.abandon(error as Error);
    }
  }

  #ask(connection: PostgresConnection): void {
    this.#after(askEvery, async () => {
      await this.#prove(connection).catch((error: Error) => connection.abandon(error));
      if (!connection.failure) this.#ask(connection);
    });
  }

  /** The server sends the notifications of earlier commits before its response. */
  async #prove(connection: PostgresConnection): Promise<void> {
    const sentAt = performance.now();
    const { rows } = await connection.send('SELECT pg_listening_channels() AS channel');
    const channels = new Set((rows as { channel: string }[]).map(({ channel }) => channel));
    if (!Object.keys(this.#listeners).every((channel) => channels.has(channel)))
      throw new Unheard('The connection no longer listens');
    this.#provenAt = sentAt;
  }

  /** Sends itself a notification from time to time. A server that is too busy to send one is asked again. */
  async #echo(connection: PostgresConnection, echo: Echo): Promise<void> {
    const sentAt = performance.now();
    try {
      await echo.prove();
      this.#echoAt = sentAt;
    } catch (error) {
      if (error instanceof Unheard) connection.abandon(error);
    }
    if (connection.failure || this.#isClosed) return;
    clearTimeout(this.#echoTimer);
    this.#echoTimer = setTimeout(() => void this.#echo(connection, echo), echoEvery).unref();
  }

  #after(pause: number, work: () => Promise<void>): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void work(), pause).unref();
  }
}
