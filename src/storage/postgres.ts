import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import pg from 'pg';
import {
  type BatchResult,
  type Database,
  type Row,
  type Statement,
  type StatementResult,
  StorageError,
} from './database.ts';
import { PostgresReader } from './postgres-reader.ts';
import { runOne, runTransaction } from './postgres-statements.ts';

const int8 = 20;
const retryable = new Set(['40001', '40P01']);
const channel = 'alongside_change';

const isWrite = (text: string): boolean => /^\s*(INSERT|UPDATE|DELETE)/i.test(text);

function describe(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed) return 'PostgreSQL';
  const host = parsed.searchParams.get('host') ?? parsed.host;
  return `PostgreSQL ${host}${parsed.pathname}`;
}

/** PostgreSQL 15 or newer, for more than one machine. */
export class PostgresDatabase implements Database {
  readonly dialect = 'postgres';
  readonly description: string;
  readonly #pool: pg.Pool;
  readonly #reader: PostgresReader;
  readonly #url: string;
  readonly #listeners = new Set<() => void>();
  #watcher: pg.Client | undefined;
  #pulse: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  private constructor(url: string) {
    this.#url = url;
    this.description = describe(url);
    const connection: pg.ClientConfig = {
      connectionString: url,
      // The statements of a batch, and reads of one turn, go out together.
      pipeline: true,
      types: {
        getTypeParser: (oid, format) =>
          oid === int8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
      },
    };
    this.#pool = new pg.Pool({ ...connection, max: 10 });
    this.#reader = new PostgresReader(connection);
    // A connection that breaks while idle is replaced by the pool at its next use.
    this.#pool.on('error', () => undefined);
  }

  /** Connects; an unreachable or too old server throws one clear sentence. */
  static async open(url: string): Promise<PostgresDatabase> {
    const database = new PostgresDatabase(url);
    try {
      const row = await database.get<{ version: number }>({
        text: "SELECT current_setting('server_version_num')::int AS version",
        values: [],
      });
      if ((row?.version ?? 0) < 150_000) throw new Error('PostgreSQL 15 or newer is needed');
    } catch (error) {
      await database.close();
      throw new OperatorError(`${database.description} cannot be used: ${reasonOf(error)}.`);
    }
    return database;
  }

  async all<R extends object = Row>(statement: Statement): Promise<R[]> {
    return (await this.#reader.read(statement)) as R[];
  }

  async get<R extends object = Row>(statement: Statement): Promise<R | undefined> {
    return (await this.all<R>(statement))[0];
  }

  async run(statement: Statement): Promise<StatementResult> {
    const { results } = await this.batch([statement]);
    return results[0] ?? { changes: 0, rows: [] };
  }

  async batch(statements: readonly Statement[]): Promise<BatchResult> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(statements);
      } catch (error) {
        // Nothing was committed, so another attempt is safe.
        if (attempt < 4 && retryable.has((error as { code?: string }).code ?? '')) continue;
        throw new StorageError(`Writing failed: ${reasonOf(error)}.`, { cause: error });
      }
    }
  }

  async #attempt(statements: readonly Statement[]): Promise<BatchResult> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      const single = statements.length === 1;
      const answer = await (single ? runOne : runTransaction)(client, statements).catch(async (error) => {
        if (!single) await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
        throw error;
      });
      if (answer.done && statements.some((statement) => isWrite(statement.text))) this.#announce();
      return answer;
    } finally {
      client.release(broken);
    }
  }

  /** Tells the other processes, a few times a second at most. */
  #announce(): void {
    if (this.#pulse || this.#listeners.size === 0) return;
    this.#pulse = setTimeout(() => {
      this.#pulse = undefined;
      void this.#tellOthers();
    }, 50).unref();
  }

  /** Whoever does not hear of it looks anew when it listens again. */
  async #tellOthers(): Promise<void> {
    await this.#pool.query(`SELECT pg_notify('${channel}', '')`).catch(() => undefined);
  }

  /** PostgreSQL shows only what is durable, unless somebody set synchronous_commit otherwise. */
  durable(): Promise<void> {
    return Promise.resolve();
  }

  onForeignChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (!this.#watcher) this.#startWatching();
    return () => this.#listeners.delete(listener);
  }

  #startWatching(): void {
    const watcher = new pg.Client({ connectionString: this.#url });
    this.#watcher = watcher;
    const tell = () => {
      for (const listener of this.#listeners) listener();
    };
    watcher.on('notification', tell);
    watcher.on('error', () => {
      if (this.#watcher !== watcher) return;
      this.#watcher = undefined;
      // While nobody listened something may have changed.
      setTimeout(() => {
        if (this.#listeners.size > 0 && !this.#watcher) {
          this.#startWatching();
          tell();
        }
      }, 500).unref();
    });
    watcher
      .connect()
      .then(() => watcher.query(`LISTEN ${channel}`))
      .catch(() => watcher.emit('error', new Error('cannot listen')));
  }

  async healthy(): Promise<boolean> {
    return await this.#pool.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#listeners.clear();
    // The last writes of a process are news as well.
    const untold = this.#pulse !== undefined;
    clearTimeout(this.#pulse);
    this.#pulse = undefined;
    if (untold) await this.#tellOthers();
    const watcher = this.#watcher;
    this.#watcher = undefined;
    await watcher?.end().catch(() => undefined);
    await Promise.all([this.#reader.close(), this.#pool.end()]);
  }
}
