import { reasonOf } from '@alongside/kernel/errors';
import pg from 'pg';
import { RowError, StatementError, StorageError } from './database.ts';
import type { PostgresHosts } from './postgres-hosts.ts';

export interface ConnectionOptions extends pg.ClientConfig {
  /** Milliseconds without a response to a waiting query, after which the connection is closed. */
  silence: number;
  /** The servers of the database. */
  hosts: PostgresHosts;
  /** Open connections of the database; each adds itself. */
  open: Set<PostgresConnection>;
}

/** The server stopped responding, so the result of sent queries is unknown. */
class SilentServer extends Error {
  override name = 'SilentServer';
}

// Administrator's command, crash, start-up, and the server's own time limits end a connection after the message.
const ending = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04']);
const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';

/** A newer version added a column to the result of a prepared `SELECT *`. Nothing was executed; only a new connection prepares it again. */
export const isOutdatedPlan = (error: unknown): boolean =>
  codeOf(error) === '0A000' && (error as { routine?: string }).routine === 'RevalidateCachedQuery';

/**
 * A connection that fails only its own queries when it is lost. A server that does not respond while queries wait counts as lost,
 * and its idle connections are closed too, because they probably lead to the same server.
 */
export class PostgresConnection extends pg.Client {
  readonly #hosts: ConnectionOptions['hosts'];
  readonly #silence: number;
  readonly #open: Set<PostgresConnection>;
  #failure: Error | undefined;
  #waiting = 0;
  #waitingSince = 0;
  #alarm: NodeJS.Timeout | undefined;
  #isPatient = false;

  constructor(options: ConnectionOptions) {
    super({ ...options, connectionString: options.hosts.url });
    this.#hosts = options.hosts;
    this.#silence = options.silence;
    this.#open = options.open;
    this.#open.add(this);
    // Without a listener, the error of a lost connection would end the process.
    this.on('error', (error) => this.#fail(error));
    this.on('end', () => {
      this.#fail(new Error('Connection terminated'));
      this.#open.delete(this);
    });
  }

  /** Why this connection can no longer be used. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Start of its oldest waiting query, on the monotonic clock; Infinity without one. */
  get waitingSince(): number {
    return this.#waiting === 0 ? Number.POSITIVE_INFINITY : this.#waitingSince;
  }

  /** Returns whether a query failed because the connection is lost, and not because of the query. */
  isLost(error: unknown): boolean {
    return (
      this.#failure !== undefined ||
      ending.has(codeOf(error)) ||
      codeOf(error).startsWith('08') ||
      isOutdatedPlan(error)
    );
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

  /** Buffers writes from now on. Returns a function that sends them at once. */
  cork(): () => void {
    const stream = this.connection.stream;
    stream.cork();
    return () => stream.uncork();
  }

  /** Runs work without a time limit, such as a migration. */
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
    this.connection.stream.destroy(reason);
  }

  /** A response is progress, so the time limit restarts for the next waiting query. */
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
    if (!this.#failure) this.#hosts.lost();
    this.#failure ??= error;
    clearTimeout(this.#alarm);
  }
}

// Features, cardinality, data, integrity, syntax and access, checks: errors of the statement (PostgreSQL, Appendix A).
const atFault = /^(0A|21|22|23|42|44)/;

/** Returns the error for callers: StatementError or StorageError. */
export function failureOf(what: string, error: unknown): Error {
  if (error instanceof StorageError || error instanceof RowError) return error;
  const statement =
    error instanceof pg.DatabaseError ? atFault.test(error.code ?? '') : error instanceof TypeError;
  const message = `${what}: ${reasonOf(error)}.`;
  return new (statement ? StatementError : StorageError)(message, { cause: error });
}
