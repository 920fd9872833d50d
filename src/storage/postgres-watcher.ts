import { type ConnectionOptions, PostgresConnection } from './postgres-connection.ts';

const reconnectAfter = 250;
/** A connection that only listens would never notice a lost server. */
const askEvery = 400;
/** Milliseconds after which a connection without a response may have missed notifications. */
const currentFor = 1_000;

/** Listens for notifications on a separate connection; reconnects when it is lost. */
export class PostgresWatcher {
  readonly #options: ConnectionOptions;
  readonly #listeners: Readonly<Record<string, (payload: string) => void>>;
  readonly #onMissed: () => void;
  #timer: NodeJS.Timeout | undefined;
  #connection: PostgresConnection | undefined;
  #connections = 0;
  /** When the server last responded, on the monotonic clock. */
  #provenAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  /**
   * @param listeners called with the payload of each notification, by channel
   * @param onMissed called when some may have been missed
   */
  constructor(
    options: ConnectionOptions,
    listeners: Readonly<Record<string, (payload: string) => void>>,
    onMissed: () => void,
  ) {
    this.#options = options;
    this.#listeners = listeners;
    this.#onMissed = onMissed;
    void this.#watch();
  }

  /** A number that changes with each connection; undefined while notifications may be late by more than a second. */
  get version(): number | undefined {
    return performance.now() - this.#provenAt < currentFor ? this.#connections : undefined;
  }

  async end(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#connection?.end();
  }

  async #watch(again = false): Promise<void> {
    const connection = new PostgresConnection(this.#options);
    this.#connection = connection;
    connection.on('notification', ({ channel, payload = '' }) => this.#listeners[channel]?.(payload));
    connection.once('end', () => {
      this.#provenAt = Number.NEGATIVE_INFINITY;
      this.#after(reconnectAfter, () => this.#watch(true));
    });
    try {
      await connection.connect();
      for (const channel of Object.keys(this.#listeners)) await connection.send(`LISTEN ${channel}`);
      this.#connections += 1;
      await this.#prove(connection);
      if (again) this.#onMissed();
      this.#ask(connection);
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
    await connection.send('SELECT 1');
    this.#provenAt = sentAt;
  }

  #after(pause: number, work: () => Promise<void>): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void work(), pause).unref();
  }
}
