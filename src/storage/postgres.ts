import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import pg from 'pg';
import {
  type BatchOptions,
  type BatchResult,
  type CacheKind,
  type Database,
  type Health,
  type PoolState,
  type Row,
  type RowReader,
  type Statement,
  type StatementResult,
  StorageError,
  sql,
} from './database.ts';
import { checkWithin, checkWrite } from './health.ts';
import { announcements } from './migrations/0017-announced-changes.ts';
import {
  type ConnectionOptions,
  failureOf,
  isOutdatedPlan,
  PostgresConnection,
} from './postgres-connection.ts';
import { Echo, Unheard } from './postgres-echo.ts';
import { hostsOf, PostgresHosts } from './postgres-hosts.ts';
import { PostgresReader } from './postgres-reader.ts';
import { type Progress, runBatch, runPatiently } from './postgres-statements.ts';
import { PostgresWatcher } from './postgres-watcher.ts';
import { onlyAdds, onlyReads, SeldomRows, shared, writtenTablesOf } from './seldom-rows.ts';
import { announced } from './table-changes.ts';

/** Connections and time limits; each has a default. */
export interface PostgresOptions {
  /** Maximum number of connections that write. */
  connections?: number | undefined;
  /** Maximum number of connections that read. */
  readers?: number | undefined;
  /** Milliseconds to open a connection, or to wait for a free one. */
  connectTimeout?: number | undefined;
  /** Milliseconds to wait for a response to a statement. */
  timeout?: number | undefined;
}

const int8 = 20;
// Serialization failures and deadlocks: nothing was committed.
const undone = new Set(['40001', '40P01']);
const readOnly = '25006';
const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';
const maxAttempts = 4;
const channel = 'alongside_change';
/** Milliseconds. */
const announceAgainAfter = 250;
/** Milliseconds for which a statement may wait before the server must prove that it takes writes. */
const longWait = 2_000;
/** Milliseconds to close idle connections properly. */
const goodbye = 500;

const isWrite = (text: string): boolean => writtenTablesOf(text).length > 0;

const areAnnounced = (tables: readonly string[], kind: CacheKind = 'rows'): boolean =>
  tables.every((table) => announced[kind].has(table));

/** Whether every change that matters of the tables that a statement reads is announced. */
const isCached = ({ caches }: Statement): boolean =>
  caches !== undefined && areAnnounced(caches.tables, caches.kind);

function describe(url: string): string {
  const hosts = hostsOf(url);
  const parsed = URL.parse(hosts[0]?.url ?? '');
  if (!parsed) return 'PostgreSQL';
  const host = parsed.searchParams.get('host') ?? parsed.host;
  const names = hosts.length > 1 ? hosts.map(({ name }) => name).join(',') : host;
  return `PostgreSQL ${names}${parsed.pathname}`;
}

function optionsOf(
  url: string,
  { connectTimeout = 2_000, timeout = 5_000 }: PostgresOptions,
): ConnectionOptions {
  return {
    hosts: new PostgresHosts(url, connectTimeout),
    connectionTimeoutMillis: connectTimeout,
    silence: timeout,
    // The server cancels first, so that a slow statement costs no connection.
    statement_timeout: Math.ceil(timeout * 0.9),
    // Frees the locks of a process that froze or lost its machine.
    idle_in_transaction_session_timeout: timeout * 2,
    keepAlive: true,
    open: new Set(),
    // Sends the statements of a batch, and reads of one turn, together.
    pipeline: true,
    types: {
      getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format as 'text')),
    },
  };
}

/** PostgreSQL 15 or newer, for several machines. */
export class PostgresDatabase implements Database {
  readonly dialect = 'postgres';
  readonly description: string;
  readonly #options: ConnectionOptions;
  readonly #pool: pg.Pool;
  readonly #reader: PostgresReader;
  readonly #listeners = new Set<() => void>();
  readonly #seldom = new SeldomRows(
    (statement) => this.#readShared(statement),
    () => this.#watcher?.version,
  );
  #watcher: PostgresWatcher | undefined;
  #pulse: NodeJS.Timeout | undefined;
  /** Whether the last write failed because of the server, not of its statement. */
  #hasFailed = false;
  #checkingWrite: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(url: string, options: PostgresOptions) {
    this.description = describe(url);
    this.#options = optionsOf(url, options);
    const Client = PostgresConnection as unknown as new () => pg.ClientBase;
    this.#pool = new pg.Pool({ ...this.#options, max: options.connections ?? 10, Client } as pg.PoolConfig);
    // The pool replaces a connection that breaks while idle at its next use.
    this.#pool.on('error', () => undefined);
    this.#reader = new PostgresReader(this.#options, options.readers ?? 4);
  }

  /** Connects. @throws OperatorError for an unreachable or too old server */
  static async open(url: string, options: PostgresOptions = {}): Promise<PostgresDatabase> {
    const database = new PostgresDatabase(url, options);
    try {
      await database.#options.hosts.search();
      const row = await database.get<{ version: number; standby: boolean }>(
        sql("SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby"),
      );
      if ((row?.version ?? 0) < 150_000) throw new Error('PostgreSQL 15 or newer is needed');
      // A standby refuses LISTEN; what waits for its promotion connects again.
      if (!row?.standby) await database.#checkSessions();
    } catch (error) {
      await database.close();
      const { cause = error } = error as Error;
      throw new OperatorError(`${database.description} cannot be used: ${reasonOf(cause)}.`);
    }
    return database;
  }

  /** Processes coordinate by notifications and advisory locks. @throws Error with the remedy for a server or pooler without them */
  async #checkSessions(): Promise<void> {
    const connection = new PostgresConnection(this.#options);
    try {
      await connection.connect();
      await connection.send('SELECT pg_try_advisory_xact_lock_shared(0)').catch((error: unknown) => {
        if (connection.isLost(error)) throw error;
        throw new Error(`the server has no advisory locks (${reasonOf(error)}). Use PostgreSQL itself`);
      });
      const echo = new Echo(connection, (to, payload) => this.#notify(to, payload), this.#options.silence);
      await echo.listen().catch((error: unknown) => {
        if (connection.isLost(error)) throw error;
        throw new Error(`the server has no LISTEN (${reasonOf(error)}). Use PostgreSQL itself`);
      });
      await echo.prove().catch((error: unknown) => {
        if (!(error instanceof Unheard)) throw error;
        throw new Error(
          'LISTEN receives no notifications, so a process would not learn what others revoke. Set a connection pooler to session mode (pool_mode = session of PgBouncer), or connect --database to the server directly',
        );
      });
    } finally {
      await connection.end().catch(() => undefined);
    }
  }

  async #notify(to: string, payload: string): Promise<void> {
    const progress = { mayHaveCommitted: false, isLost: false };
    await this.#attempt([sql('SELECT pg_notify(?, ?)', to, payload)], {}, progress);
  }

  async all<R extends object = Row>(statement: Statement, shape?: RowReader<R>): Promise<R[]> {
    try {
      const rows = isCached(statement)
        ? [...(await this.#seldom.of(statement))]
        : await this.#reader.read(statement);
      return shape ? rows.map(shape.read) : (rows as R[]);
    } catch (error) {
      throw failureOf('Reading failed', error);
    }
  }

  async get<R extends object = Row>(statement: Statement, shape?: RowReader<R>): Promise<R | undefined> {
    return (await this.all(statement, shape))[0];
  }

  stampOf(tables: readonly string[], kind?: CacheKind): number | undefined {
    return areAnnounced(tables, kind) ? this.#seldom.stampOf(tables, kind) : undefined;
  }

  async #readShared(statement: Statement): Promise<readonly Row[]> {
    try {
      const rows = await this.#reader.read(statement);
      if (statement.caches?.kind === 'found' && rows.length === 0) this.#seldom.forget(statement);
      return shared(rows);
    } catch (error) {
      this.#seldom.forget(statement);
      throw error;
    }
  }

  async run(statement: Statement): Promise<StatementResult> {
    const { results } = await this.batch([statement]);
    return results[0] ?? { changes: 0, rows: [] };
  }

  async batch(statements: readonly Statement[], options: BatchOptions = {}): Promise<BatchResult> {
    if (this.#closing) throw new StorageError('The database is closed.');
    for (let attempt = 1; ; attempt++) {
      const progress: Progress = { mayHaveCommitted: false, isLost: false };
      try {
        const result = await this.#attempt(statements, options, progress);
        this.#hasFailed = false;
        return result;
      } catch (error) {
        const nothingHappened =
          undone.has(codeOf(error)) ||
          isOutdatedPlan(error) ||
          (progress.isLost && !progress.mayHaveCommitted);
        if (nothingHappened && attempt < maxAttempts) continue;
        const failure = failureOf('Writing failed', error);
        if (failure instanceof StorageError) this.#hasFailed = true;
        throw failure;
      }
    }
  }

  async #attempt(
    statements: readonly Statement[],
    { patient = false }: BatchOptions,
    progress: Progress,
  ): Promise<BatchResult> {
    const connection = (await this.#pool.connect()) as PostgresConnection & pg.PoolClient;
    let reason: Error | undefined;
    try {
      const result = await (patient ? runPatiently : runBatch)(connection, statements, progress);
      this.#forgetWritten(statements);
      if (result.done && statements.some((statement) => isWrite(statement.text))) this.#announce();
      return result;
    } catch (error) {
      this.#forgetWritten(statements);
      progress.isLost = connection.isLost(error);
      // A server that became a standby refuses every write; the next connection may lead to its successor.
      if (progress.isLost || codeOf(error) === readOnly) reason = error as Error;
      if (reason) this.#options.hosts.lost();
      throw error;
    } finally {
      connection.release(reason);
    }
  }

  /** This process reads its own writes at once; the notification follows. */
  #forgetWritten(statements: readonly Statement[]): void {
    for (const { text } of statements) {
      const tables = writtenTablesOf(text);
      if (tables.length === 0 && !onlyReads(text)) this.#seldom.wrote(undefined);
      for (const table of tables) {
        if (announced.rows.has(table)) this.#seldom.wrote(table);
        else if (announced.found.has(table)) this.#seldom.wrote(table, onlyAdds(text));
      }
    }
  }

  /** Notifies the other processes, a few times a second at most. */
  #announce(after = 50): void {
    if (this.#pulse || this.#listeners.size === 0) return;
    this.#pulse = setTimeout(() => {
      this.#pulse = undefined;
      void this.#notifyOthers();
    }, after).unref();
  }

  /** A process that misses it reads again when it listens again. One that listens must not miss it, so a failure is tried again. */
  async #notifyOthers(): Promise<void> {
    await this.#notify(channel, '').catch(() => this.#announce(announceAgainAfter));
  }

  /** PostgreSQL shows only durable commits, unless synchronous_commit is changed. */
  durable(): undefined {
    return undefined;
  }

  onForeignChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    const notify = () => {
      for (const each of this.#listeners) each();
    };
    this.#watcher ??= new PostgresWatcher(
      this.#options,
      { [channel]: notify, [announcements]: (table) => this.#seldom.wrote(table) },
      notify,
      (to, payload) => this.#notify(to, payload),
    );
    return () => this.#listeners.delete(listener);
  }

  pool(): PoolState {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  healthy(): Promise<Health> {
    return checkWithin(async () => {
      if (this.#closing) throw new StorageError('The database is closed.');
      const row = await this.get<{ value: string }>(
        sql("SELECT current_setting('transaction_read_only') AS value"),
      );
      if (row?.value !== 'off') throw new StorageError('The database takes no writes: it is read-only.');
      if (this.#hasFailed || this.#isWaiting()) await this.#checkWrite();
    });
  }

  /** A primary that has lost its synchronous standbys answers reads, and lets every write wait. */
  #isWaiting(): boolean {
    const now = performance.now();
    return [...this.#options.open].some(({ waitingSince }) => now - waitingSince > longWait);
  }

  /** One at a time, because each that waits holds a connection. */
  #checkWrite(): Promise<unknown> {
    this.#checkingWrite ??= checkWrite(this).finally(() => {
      this.#checkingWrite = undefined;
    });
    return this.#checkingWrite;
  }

  async checkPages(): Promise<string | undefined> {
    const row = await this.get<{ failures: number | null }>(
      sql(
        'SELECT CAST(checksum_failures AS INTEGER) AS failures FROM pg_stat_database WHERE datname = current_database()',
      ),
    );
    return row?.failures
      ? `PostgreSQL has found damaged pages (${row.failures} failures of checksums): see its log, and restore a backup with "alongside restore".`
      : undefined;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#options.hosts.close();
    this.#listeners.clear();
    // The last writes of a process concern the others too.
    const isPending = this.#pulse !== undefined;
    clearTimeout(this.#pulse);
    this.#pulse = undefined;
    if (isPending) await this.#notifyOthers();
    // Running writes may finish within their time limit.
    await this.#pool.end();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, goodbye);
    });
    const ended = Promise.all([this.#reader.end(), this.#watcher?.end()]);
    await Promise.race([ended, late]);
    clearTimeout(timer);
    for (const connection of this.#options.open) connection.abandon(new Error('The database is closed'));
  }
}
