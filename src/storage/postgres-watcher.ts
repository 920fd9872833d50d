import { type ConnectionOptions, PostgresConnection } from './postgres-connection.ts';

const reconnectAfter = 250;
/** A connection that only listens would never notice a lost server. */
const askEvery = 5_000;

/** Listens for notifications of other processes on a separate connection; reconnects when it is lost. */
export class PostgresWatcher {
  readonly #options: ConnectionOptions;
  readonly #channel: string;
  readonly #notify: () => void;
  #timer: NodeJS.Timeout | undefined;
  #connection: PostgresConnection | undefined;
  #isClosed = false;

  /** @param notify is called for each notification, and when some may have been missed */
  constructor(options: ConnectionOptions, channel: string, notify: () => void) {
    this.#options = options;
    this.#channel = channel;
    this.#notify = notify;
    void this.#watch();
  }

  async end(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#connection?.end();
  }

  async #watch(again = false): Promise<void> {
    const connection = new PostgresConnection(this.#options);
    this.#connection = connection;
    connection.on('notification', this.#notify);
    connection.once('end', () => this.#after(reconnectAfter, () => this.#watch(true)));
    try {
      await connection.connect();
      await connection.send(`LISTEN ${this.#channel}`);
      if (again) this.#notify();
      this.#ask(connection);
    } catch (error) {
      connection.abandon(error as Error);
    }
  }

  #ask(connection: PostgresConnection): void {
    this.#after(askEvery, async () => {
      await connection.send('SELECT 1').catch((error: Error) => connection.abandon(error));
      if (!connection.failure) this.#ask(connection);
    });
  }

  #after(pause: number, work: () => Promise<void>): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void work(), pause).unref();
  }
}
