import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@alongside/kernel/errors';
import { makeFolder, OperatorError } from '@alongside/kernel/operator';
import {
  type BatchOptions,
  type BatchResult,
  type CacheKind,
  type Database,
  type Health,
  type Row,
  type RowReader,
  type Statement,
  type StatementResult,
  StorageError,
} from './database.ts';
import { Durability, type DurableLog, WriteAheadLog } from './durability.ts';
import { checkWithin, checkWrite } from './health.ts';
import { LogCopier } from './log-copier.ts';
import { damageOf, PageCheck, showsDamage } from './page-check.ts';
import { SeldomRows, shared } from './seldom-rows.ts';
import { busy, busyTimeout, SqliteConnection } from './sqlite-connection.ts';
import { executeTogether, MustUndo } from './sqlite-transaction.ts';
import { TableChanges } from './table-changes.ts';

interface Waiting {
  statements: readonly Statement[];
  lazy: boolean;
  resolve(result: BatchResult): void;
  reject(error: Error): void;
  /** Time limit for a lock, on the monotonic clock, once it was met. */
  deadline?: number;
}

const foreignChangeInterval = 250;
/** Milliseconds between two attempts; the event loop is not blocked. */
const pause = 2;

/**
 * SQLite in WAL mode. Combines all writes of an event-loop turn into one transaction, or of the time of an fsync: their responses
 * have to wait for the next one. No caller sees them before the commit. The fsync happens when a response waits for it.
 */
export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly description: string;
  readonly #file: string;
  readonly #connection: SqliteConnection;
  /** Undefined in memory. */
  readonly #durability: Durability | undefined;
  /** Undefined in memory. */
  readonly #copier: LogCopier | undefined;
  /** Undefined in memory. */
  readonly #pages: PageCheck | undefined;
  readonly #seldom: SeldomRows<readonly object[]>;
  readonly #listeners = new Set<() => void>();
  #queue: Waiting[] = [];
  #scheduled = false;
  #retry: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  /** Version at the last report of a foreign change. */
  #reportedVersion: string | undefined;
  /** Version before the last read; undefined after a read, which may have seen a newer one. */
  #seenVersion: string | undefined;
  /** Whether the last transaction failed because of the storage, not of a statement. */
  #hasFailed = false;
  /** Version at the last response; undefined at first, because earlier writes may not be synced. */
  #answeredVersion: string | undefined;
  /** Set when no more writes are accepted. */
  #closing: Promise<void> | undefined;
  #closed = false;

  /**
   * @param file path, or `:memory:` for a database of this process only
   * @param log makes its commits durable; the file's own write-ahead log by default
   */
  constructor(file: string, log?: DurableLog) {
    const inMemory = file === ':memory:';
    this.#file = file;
    this.description = inMemory ? 'SQLite in memory' : `SQLite ${file}`;
    try {
      if (!inMemory && !existsSync(dirname(file))) makeFolder(dirname(file), 0o700);
      // For its owner only; SQLite gives its additional files the same permissions. Never opens an existing file: closing it
      // would release the locks of this process's other connections (fcntl(2)).
      if (!inMemory && !existsSync(file)) closeSync(openSync(file, 'a', 0o600));
      this.#connection = new SqliteConnection(file);
    } catch (error) {
      throw new OperatorError(
        showsDamage(error)
          ? damageOf(file, reasonOf(error))
          : `The database ${file} cannot be opened: ${reasonOf(error)}. Let the user of this process read and write the file and its folder, or choose another with --data or --database.`,
      );
    }
    this.#seldom = new SeldomRows(
      (statement) => shared(this.#rowsOf(statement)),
      () => this.#look(),
      (rows) => rows.length === 0,
      new TableChanges(this.#connection),
    );
    this.#copier = inMemory ? undefined : new LogCopier(file);
    this.#pages = inMemory ? undefined : new PageCheck(file);
    if (log || !inMemory)
      this.#durability = new Durability(log ?? new WriteAheadLog(file), {
        commit: () => this.#turnUnlessHindered(),
        schedule: () => this.#schedule(),
      });
  }

  all<R extends object = Row>(statement: Statement, shape?: RowReader<R>): Promise<R[]> {
    return this.#read(() => {
      const rows = statement.caches ? [...this.#seldom.of(statement)] : this.#rowsOf(statement);
      return shape ? (rows as Row[]).map(shape.read) : (rows as R[]);
    });
  }

  get<R extends object = Row>(statement: Statement, shape?: RowReader<R>): Promise<R | undefined> {
    return this.#read(() => {
      const row = statement.caches ? this.#seldom.of(statement)[0] : this.#rowOf(statement);
      return shape && row ? shape.read(row as Row) : (row as R | undefined);
    });
  }

  stampOf(tables: readonly string[], kind?: CacheKind): number | undefined {
    try {
      return this.#closed ? undefined : this.#seldom.stampOf(tables, kind);
    } catch {
      // Another process blocks the file.
      return undefined;
    }
  }

  async run(statement: Statement): Promise<StatementResult> {
    const { results } = await this.batch([statement]);
    return results[0] ?? { changes: 0, rows: [] };
  }

  batch(statements: readonly Statement[], { lazy = false }: BatchOptions = {}): Promise<BatchResult> {
    if (this.#closing) return Promise.reject(new StorageError('The database is closed.'));
    if (this.#durability?.failure) return Promise.reject(this.#durability.failure);
    return new Promise((resolve, reject) => {
      this.#queue.push({ statements, lazy, resolve, reject });
      if (!lazy) this.#durability?.join();
      this.#schedule();
    });
  }

  durable(): Promise<void> | undefined {
    if (!this.#durability) return undefined;
    // An fsync that is yet to begin also covers the commits of others.
    const isCovered = this.#durability.isOwed && this.#answeredVersion !== undefined;
    if (!isCovered && !this.#closed && this.#othersCommitted()) this.#durability.owe();
    return this.#durability.settled();
  }

  onForeignChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (!this.#watch) {
      this.#reportedVersion = this.#version();
      this.#watch = setInterval(() => this.#reportForeignChange(), foreignChangeInterval).unref();
    }
    return () => this.#listeners.delete(listener);
  }

  healthy(): Promise<Health> {
    return checkWithin(async () => {
      if (this.#durability?.failure) throw this.#durability.failure;
      const { damage } = this.#connection;
      if (damage !== undefined) throw new StorageError(damage);
      await this.get({ text: 'SELECT 1 AS one', values: [] });
      if (this.#hasFailed) await checkWrite(this);
    });
  }

  async checkPages(): Promise<string | undefined> {
    const found = await this.#pages?.run();
    if (found !== undefined) this.#connection.damage = damageOf(this.#file, found);
    return found && this.#connection.damage;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    this.#listeners.clear();
    await this.#pages?.close();
    // Pending writes are executed, or have waited for their time limit.
    while (this.#queue.length > 0) {
      clearTimeout(this.#retry);
      this.#turn();
      if (this.#queue.length > 0) await sleep(pause);
    }
    this.#closed = true;
    await this.#durability?.close();
    await this.#copier?.close();
    this.#connection.close();
  }

  #rowsOf({ text, values }: Statement): object[] {
    this.#seenVersion = undefined;
    return this.#connection.prepare(text).prepared.all(...values);
  }

  #rowOf({ text, values }: Statement): object | undefined {
    this.#seenVersion = undefined;
    return this.#connection.prepare(text).prepared.get(...values);
  }

  /** Reads at once. While the log is recovered, reads are impossible and wait like writes. */
  #read<T>(read: () => T, deadline?: number): Promise<T> {
    try {
      if (this.#closed) throw new StorageError('The database is closed.');
      return Promise.resolve(read());
    } catch (error) {
      return this.#readAgain(read, error, deadline);
    }
  }

  async #readAgain<T>(read: () => T, error: unknown, deadline = performance.now() + busyTimeout): Promise<T> {
    if (!busy(error) || performance.now() > deadline)
      throw this.#connection.failureOf('Reading failed', error);
    await sleep(pause);
    return this.#read(read, deadline);
  }

  #schedule(): void {
    if (this.#queue.length === 0 || this.#scheduled || this.#retry || this.#durability?.holdsBack) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#turnUnlessHindered();
    });
  }

  #turnUnlessHindered(): void {
    if (!this.#closing && !this.#retry) this.#turn();
  }

  /** Commits the queue in one transaction, or each batch in its own if one of them must be undone. */
  #turn(): void {
    let rest = this.#queue;
    let size = rest.length;
    this.#queue = [];
    while (rest.length > 0) {
      const turn = rest.slice(0, size);
      try {
        if (this.#durability?.failure) throw this.#durability.failure;
        this.#commit(turn);
      } catch (error) {
        if (error instanceof MustUndo) {
          size = 1;
          continue;
        }
        if (busy(error)) {
          this.#later(rest, error);
          return;
        }
        this.#rejectAll(turn, this.#connection.failureOf('Writing failed', error));
      }
      rest = rest.slice(size);
    }
  }

  /** Runs one transaction synchronously, so that no other code runs inside it. */
  #commit(turn: readonly Waiting[]): void {
    const batches = turn.map(({ statements }) => statements);
    const outcomes = executeTogether(this.#connection, this.#seldom, batches);
    this.#hasFailed = false;
    this.#durability?.owe({ lazy: turn.every(({ lazy }) => lazy) });
    const results = outcomes.flatMap<StatementResult>((outcome) =>
      'results' in outcome ? outcome.results : [],
    );
    this.#copier?.committed(results.reduce((rows, { changes }) => rows + changes, 0));
    outcomes.forEach((outcome, n) => {
      if (outcome instanceof Error) turn[n]?.reject(outcome);
      else turn[n]?.resolve(outcome);
    });
  }

  #rejectAll(turn: readonly Waiting[], failure: Error): void {
    if (failure instanceof StorageError && turn.length > 0) this.#hasFailed = true;
    for (const waiting of turn) waiting.reject(failure);
  }

  /** Retries soon without blocking the event loop, because another process holds the lock. */
  #later(turn: readonly Waiting[], error: unknown): void {
    const now = performance.now();
    for (const waiting of turn) waiting.deadline ??= now + busyTimeout;
    const over = ({ deadline = Infinity }: Waiting): boolean => deadline <= now;
    this.#rejectAll(
      turn.filter(over),
      new StorageError(`The database is locked: ${reasonOf(error)}.`, { cause: error }),
    );
    this.#queue = [...turn.filter((waiting) => !over(waiting)), ...this.#queue];
    if (this.#queue.length === 0 || this.#closing) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (!this.#closing) this.#turn();
    }, pause);
  }

  /**
   * Returns whether another connection committed since the last time: it may not have synced data that our response depends on.
   */
  #othersCommitted(): boolean {
    // Rows that were read after the version was, may be newer.
    const version = this.#seenVersion ?? this.#version();
    // An unknown version counts as changed.
    if (version !== undefined && version === this.#answeredVersion) return false;
    this.#answeredVersion = version;
    return true;
  }

  #reportForeignChange(): void {
    const version = this.#version();
    if (version === undefined || version === this.#reportedVersion) return;
    this.#reportedVersion = version;
    for (const listener of this.#listeners) listener();
  }

  /** Throws while another process blocks the file. */
  #look(): string {
    this.#seenVersion = undefined;
    this.#seenVersion = this.#connection.dataVersion();
    return this.#seenVersion;
  }

  /** Undefined while another process blocks the file. */
  #version(): string | undefined {
    try {
      return this.#look();
    } catch {
      return undefined;
    }
  }
}
