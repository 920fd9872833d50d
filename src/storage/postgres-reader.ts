import { type Row, type Statement, StorageError } from './database.ts';
import { type ConnectionOptions, PostgresConnection } from './postgres-connection.ts';
import { toQuery } from './postgres-statements.ts';

/** One connection, opened by its first read, and again after it was lost. */
class Lane {
  readonly #options: ConnectionOptions;
  #opening: Promise<PostgresConnection> | undefined;
  #connection: PostgresConnection | undefined;
  #openingSince = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Start of its oldest read. The later it is, the sooner the connection is free. */
  get waitingSince(): number {
    if (this.#opening && !this.#connection) return this.#openingSince;
    return this.#connection?.waitingSince ?? Number.POSITIVE_INFINITY;
  }

  connect(): Promise<PostgresConnection> {
    if (this.#connection?.failure) this.#forget();
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async end(): Promise<void> {
    const connection = await this.#opening?.catch(() => undefined);
    if (connection && !connection.failure) await connection.end();
  }

  async #open(): Promise<PostgresConnection> {
    this.#openingSince = performance.now();
    const connection = new PostgresConnection(this.#options);
    try {
      await connection.connect();
    } catch (error) {
      this.#forget();
      throw error;
    }
    this.#connection = connection;
    return connection;
  }

  #forget(): void {
    this.#opening = undefined;
    this.#connection = undefined;
  }
}

/**
 * Reads over a few separate connections. The reads of one event-loop turn are sent in one write on one connection, so that ten
 * concurrent requests wake the server once, not forty times. The next turn uses the connection with the shortest wait. A read
 * takes no lock, so it never waits for a writer.
 */
export class PostgresReader {
  readonly #lanes: readonly Lane[];
  #lane: Lane | undefined;
  readonly #corked = new Set<PostgresConnection>();
  #isClosed = false;

  constructor(options: ConnectionOptions, connections: number) {
    this.#lanes = Array.from({ length: connections }, () => new Lane(options));
  }

  async read(statement: Statement): Promise<Row[]> {
    for (let attempt = 1; ; attempt++) {
      // A late read would open a connection that is never closed and keeps the process running.
      if (this.#isClosed) throw new StorageError('The database is closed.');
      const began = performance.now();
      const connection = await this.#laneOfTurn().connect();
      try {
        this.#corkForTurn(connection);
        const { rows } = await connection.send(toQuery(statement));
        return rows as Row[];
      } catch (error) {
        // A read can be repeated safely, unless it already waited too long.
        const wasQuick = performance.now() - began < 1_000;
        if (attempt > 1 || !wasQuick || !connection.isLost(error)) throw error;
        connection.abandon(error as Error);
      }
    }
  }

  async end(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#lanes.map((lane) => lane.end()));
  }

  #laneOfTurn(): Lane {
    if (!this.#lane) {
      this.#lane = this.#lanes.reduce((best, lane) => (lane.waitingSince > best.waitingSince ? lane : best));
      setImmediate(() => {
        this.#lane = undefined;
      });
    }
    return this.#lane;
  }

  #corkForTurn(connection: PostgresConnection): void {
    if (this.#corked.has(connection)) return;
    this.#corked.add(connection);
    const uncork = connection.cork();
    setImmediate(() => {
      this.#corked.delete(connection);
      uncork();
    });
  }
}
