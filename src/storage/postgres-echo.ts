import { randomToken } from '@alongside/kernel/ids';
import type { PostgresConnection } from './postgres-connection.ts';

/** Sends a notification on another connection. */
export type Notify = (channel: string, payload: string) => Promise<void>;

/** A connection on which notifications of others do not arrive, as through a pooler that changes the server between transactions. */
export class Unheard extends Error {
  override name = 'Unheard';
}

/**
 * Proves that a connection listens: a notification of another connection must arrive while this one is idle. A response to a
 * statement proves nothing, because a pooler may send each transaction to another server process.
 */
export class Echo {
  readonly #connection: PostgresConnection;
  readonly #notify: Notify;
  readonly #limit: number;
  // A channel of its own, so that other processes do not get its notifications.
  readonly #channel = `alongside_echo_${randomToken().replace(/\W/g, '').slice(0, 20).toLowerCase()}`;

  /** @param limit milliseconds to wait for a notification */
  constructor(connection: PostgresConnection, notify: Notify, limit: number) {
    this.#connection = connection;
    this.#notify = notify;
    this.#limit = limit;
  }

  /** Listens to the channel of the proofs. */
  async listen(): Promise<void> {
    await this.#connection.send(`LISTEN ${this.#channel}`);
  }

  /** @throws Unheard if the notification does not arrive in time */
  async prove(): Promise<void> {
    const payload = randomToken();
    let timer: NodeJS.Timeout | undefined;
    let hear: (message: { payload?: string | undefined }) => void = () => undefined;
    let end = () => undefined as unknown;
    const heard = new Promise<boolean>((resolve) => {
      hear = (message) => message.payload === payload && resolve(true);
      end = () => resolve(false);
      timer = setTimeout(end, this.#limit);
      this.#connection.on('notification', hear).on('end', end);
    });
    try {
      await this.#notify(this.#channel, payload);
      if (!(await heard)) throw this.#connection.failure ?? new Unheard('No notification arrived');
    } finally {
      clearTimeout(timer);
      this.#connection.off('notification', hear).off('end', end);
    }
  }
}
