import type { Duplex } from 'node:stream';
import pg from 'pg';

export interface ConnectionOptions extends pg.ClientConfig {
  /** Milliseconds without an answer to a waiting query, after which the connection is given up. */
  silence: number;
  /** Every open connection of the database adds itself here. */
  open: Set<PostgresConnection>;
}

/** The server went silent: nothing is known of the queries that were sent. */
class SilentServer extends Error {
  override name = 'SilentServer';
}

// Administrator's command, crash, start-up, and the server's own time limits end a connection after the message.
const ending = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04']);
const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';

/**
 * A connection that fails its own queries when it is lost, and nothing else. A server that goes silent while queries wait counts as lost, and
 * takes the idle connections with it: they probably lead to the same silence.
 */
export class PostgresConnection extends pg.Client {
  readonly #silence: number;
  readonly #open: Set<PostgresConnection>;
  #failure: Error | undefined;
  #waiting = 0;
  #waitingSince = 0;
  #alarm: NodeJS.Timeout | undefined;
  #isPatient = false;

  constructor(options: ConnectionOptions) {
    super(options);
    this.#silence = options.silence;
    this.#open = options.open;
    this.#open.add(this);
    // Without a listener the error of a lost connection would end the process.
    this.on('error', (error) => this.#fail(error));
    this.on('end', () => {
      this.#fail(new Error('Connection terminated'));
      this.#open.delete(this);
    });
  }

  /** The reason why this connection cannot be used any more. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Since when its oldest query has waited, on the monotonic clock; Infinity when none waits. */
  get waitingSince(): number {
    return this.#waiting === 0 ? Number.POSITIVE_INFINITY : this.#waitingSince;
  }

  /** Whether a query failed because the connection is lost, and not because of the query. */
  isLost(error: unknown): boolean {
    return this.#failure !== undefined || ending.has(codeOf(error)) || codeOf(error).startsWith('08');
  }

  async send(query: string | pg.QueryConfig): Promise<pg.QueryResult> {
    if (this.#failure) throw this.#failure;
    this.#waiting += 1;
    if (this.#waiting === 1) this.#startWaiting();
    try {
      return await this.query(query as pg.QueryConfig);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting > 0) this.#startWaiting();
    }
  }

  /** Holds back what is sent from now on. Returns the function that sends it in one write. */
  cork(): () => void {
    const stream = this.#stream();
    stream.cork();
    return () => stream.uncork();
  }

  /** Runs work that may take any time, such as a migration. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    this.#isPatient = true;
    try {
      return await work();
    } finally {
      this.#isPatient = false;
    }
  }

  /** Closes the socket at once; waiting queries fail. */
  abandon(reason: Error): void {
    this.#fail(reason);
    this.#stream().destroy(reason);
  }

  /** An answer is progress: the time starts again for the next query that waits. */
  #startWaiting(): void {
    this.#waitingSince = performance.now();
    if (this.#alarm) this.#alarm.refresh();
    else this.#alarm = setTimeout(() => this.#giveUp(), this.#silence).unref();
  }

  #giveUp(): void {
    if (this.#waiting === 0 || this.#isPatient) return;
    const silent = new SilentServer(`the server has not answered for ${this.#silence / 1000} s`);
    for (const other of this.#open) if (other === this || other.#waiting === 0) other.abandon(silent);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    clearTimeout(this.#alarm);
  }

  /** The socket, which node-postgres does not have in its types. It changes when TLS starts. */
  #stream(): Duplex {
    return (this as unknown as { connection: { stream: Duplex } }).connection.stream;
  }
}
