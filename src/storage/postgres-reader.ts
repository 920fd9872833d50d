import pg from 'pg';
import { type Row, type Statement, StorageError } from './database.ts';
import { streamOf, toQuery } from './postgres-statements.ts';

/**
 * One connection for all reads: those of one event-loop turn go out in one write and are answered in order, so that ten
 * requests at once cost one wake-up of the server and not forty. A read takes no lock, so none waits for a writer.
 */
export class PostgresReader {
  readonly #options: pg.ClientConfig;
  #client: Promise<pg.Client> | undefined;
  #corked = false;
  #closed = false;

  constructor(options: pg.ClientConfig) {
    this.#options = options;
  }

  async read(statement: Statement): Promise<Row[]> {
    const client = await this.#connected();
    this.#corkFor(client);
    const { rows } = await client.query(toQuery(statement));
    return rows as Row[];
  }

  #corkFor(client: pg.Client): void {
    if (this.#corked) return;
    this.#corked = true;
    const stream = streamOf(client);
    stream.cork();
    setImmediate(() => {
      this.#corked = false;
      stream.uncork();
    });
  }

  /** A connection that breaks is replaced at the next read. */
  #connected(): Promise<pg.Client> {
    // A late read would open a connection that nobody closes, and keep the process.
    if (this.#closed) return Promise.reject(new StorageError('The database is closed.'));
    this.#client ??= this.#connect();
    return this.#client;
  }

  #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#options);
    const connected = client.connect().then(() => client);
    const forget = () => {
      if (this.#client === connected) this.#client = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    connected.catch(forget);
    return connected;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }
}
