import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import {
  type BatchOptions,
  type BatchResult,
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
import { SeldomRows, shared } from './seldom-rows.ts';
import { busy, failureOf, patience, SqliteConnection } from './sqlite-connection.ts';

interface Waiting {
  statements: readonly Statement[];
  lazy: boolean;
  resolve(result: BatchResult): void;
  reject(error: Error): void;
  /** Time limit, on the monotonic clock. */
  deadline: number;
}

const foreignChangeInterval = 250;
/** Milliseconds between two attempts; the event loop continues meanwhile. */
const pause = 2;

/**
 * SQLite in WAL mode. Combines all writes of an event-loop turn into one transaction, with a savepoint for each batch. No caller
 * sees them before the commit. The fsync happens when a response waits for it.
 */
export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly description: string;
  readonly #connection: SqliteConnection;
  /** Undefined in memory. */
  readonly #durability: Durability | undefined;
  readonly #seldom = new SeldomRows(
    (statement) => shared(this.#rowsOf(statement)),
    () => this.#connection.dataVersion(),
    (rows) => rows.length === 0,
  );
  readonly #listeners = new Set<() => void>();
  #queue: Waiting[] = [];
  #scheduled = false;
  #retry: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #dataVersion: string | undefined;
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
    this.description = inMemory ? 'SQLite in memory' : `SQLite ${file}`;
    try {
      if (!inMemory && !existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // For its owner only; SQLite gives its additional files the same permissions. Never opens an existing file: closing it
      // would release the locks of this process's other connections (fcntl(2)).
      if (!inMemory && !existsSync(file)) closeSync(openSync(file, 'a', 0o600));
      this.#connection = new SqliteConnection(file);
    } catch (error) {
      throw new OperatorError(`The database ${file} cannot be opened: ${reasonOf(error)}.`);
    }
    if (log || !inMemory) this.#durability = new Durability(log ?? new WriteAheadLog(file));
  }

  all<R extends object = Row>(statement: Statement, shape?: RowReader<R>): Promise<R[]> {
    return this.#read(() => {
      const rows = statement.caches ? [...this.#seldom.of(statement)] : this.#rowsOf(statement);
      return shape ? (rows as Row[]).map(shape.read) : (rows as R[]);
    });
  }

  get<R extends object = Row>(statement: Statement, shape?: RowReader<R>): Promise<R | undefined> {
    const { text, values, caches } = statement;
    return this.#read(() => {
      const row = caches
        ? this.#seldom.of(statement)[0]
        : this.#connection.prepare(text).prepared.get(...values);
      return shape && row ? shape.read(row as Row) : (row as R | undefined);
    });
  }

  async run(statement: Statement): Promise<StatementResult> {
    const { results } = await this.batch([statement]);
    return results[0] ?? { changes: 0, rows: [] };
  }

  batch(statements: readonly Statement[], { lazy = false }: BatchOptions = {}): Promise<BatchResult> {
    if (this.#closing) return Promise.reject(new StorageError('The database is closed.'));
    if (this.#durability?.failure) return Promise.reject(this.#durability.failure);
    return new Promise((resolve, reject) => {
      this.#queue.push({ statements, lazy, resolve, reject, deadline: performance.now() + patience });
      this.#schedule();
    });
  }

  durable(): Promise<void> {
    if (!this.#durability) return Promise.resolve();
    if (!this.#closed && this.#othersCommitted()) this.#durability.owe();
    return this.#durability.settled();
  }

  onForeignChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (!this.#watch) {
      this.#dataVersion = this.#version();
      this.#watch = setInterval(() => this.#look(), foreignChangeInterval).unref();
    }
    return () => this.#listeners.delete(listener);
  }

  healthy(): Promise<Health> {
    return checkWithin(async () => {
      if (this.#durability?.failure) throw this.#durability.failure;
      await this.get({ text: 'SELECT 1 AS one', values: [] });
      if (this.#hasFailed) await checkWrite(this);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    this.#listeners.clear();
    // Pending writes are executed, or have waited for their time limit.
    while (this.#queue.length > 0) {
      clearTimeout(this.#retry);
      this.#turn();
      if (this.#queue.length > 0) await sleep(pause);
    }
    this.#closed = true;
    await this.#durability?.close();
    this.#connection.close();
  }

  #rowsOf({ text, values }: Statement): object[] {
    return this.#connection.prepare(text).prepared.all(...values);
  }

  /** While the log is recovered, reads are impossible and wait like writes. */
  async #read<T>(read: () => T): Promise<T> {
    const deadline = performance.now() + patience;
    for (;;) {
      if (this.#closed) throw new StorageError('The database is closed.');
      try {
        return read();
      } catch (error) {
        if (!busy(error) || performance.now() > deadline) throw failureOf('Reading failed', error);
      }
      await sleep(pause);
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#retry) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#closing && !this.#retry) this.#turn();
    });
  }

  /** Runs one transaction synchronously, so that no other code runs inside it. */
  #turn(): void {
    const turn = this.#queue;
    this.#queue = [];
    if (turn.length === 0) return;
    const answers: (() => void)[] = [];
    try {
      // An unfinished transaction would include this one.
      this.#connection.rollback();
      this.#connection.control('BEGIN IMMEDIATE');
      for (const waiting of turn) answers.push(this.#apart(waiting));
      this.#connection.control('COMMIT');
    } catch (error) {
      this.#connection.rollback();
      if (busy(error)) this.#later(turn, error);
      else this.#rejectAll(turn, failureOf('Writing failed', error));
      return;
    }
    this.#hasFailed = false;
    this.#durability?.owe({ lazy: turn.every(({ lazy }) => lazy) });
    for (const answer of answers) answer();
  }

  /** Runs a batch with its own savepoint. A single statement needs none. */
  #apart(waiting: Waiting): () => void {
    const { statements, resolve, reject } = waiting;
    const alone = statements.length === 1;
    if (!alone) this.#connection.control('SAVEPOINT batch');
    try {
      const result = this.#execute(statements);
      if (!alone) this.#endSavepoint(result.done);
      return () => resolve(result);
    } catch (error) {
      // A full disk or a lost file rolls back the whole transaction; then no write of this turn succeeds.
      if (!this.#connection.inTransaction || !(alone || this.#undone())) throw error;
      return () => reject(failureOf('A statement was refused', error));
    }
  }

  #endSavepoint(done: boolean): void {
    if (!done) this.#connection.control('ROLLBACK TO batch');
    this.#connection.control('RELEASE batch');
  }

  /** Returns whether a failed batch could be rolled back alone; callers get the original error. */
  #undone(): boolean {
    try {
      this.#endSavepoint(false);
      return true;
    } catch {
      return false;
    }
  }

  #execute(statements: readonly Statement[]): BatchResult {
    const results: StatementResult[] = [];
    for (const statement of statements) {
      const { prepared, givesRows, writes, onlyAdds } = this.#connection.prepare(statement.text);
      this.#seldom.wrote(writes, onlyAdds);
      const rows = givesRows ? (prepared.all(...statement.values) as Row[]) : [];
      const changes = givesRows ? rows.length : Number(prepared.run(...statement.values).changes);
      results.push({ changes, rows });
      if (statement.mustChange && changes === 0) return { done: false, failed: statement, results: [] };
    }
    return { done: true, results };
  }

  #rejectAll(turn: readonly Waiting[], failure: Error): void {
    if (failure instanceof StorageError && turn.length > 0) this.#hasFailed = true;
    for (const waiting of turn) waiting.reject(failure);
  }

  /** Retries soon without blocking the event loop, because another process holds the lock. */
  #later(turn: readonly Waiting[], error: unknown): void {
    const now = performance.now();
    const over = ({ deadline }: Waiting): boolean => deadline <= now;
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
    const version = this.#version();
    // An unknown version counts as changed.
    if (version !== undefined && version === this.#answeredVersion) return false;
    this.#answeredVersion = version;
    return true;
  }

  #look(): void {
    const version = this.#version();
    if (version === undefined || version === this.#dataVersion) return;
    this.#dataVersion = version;
    for (const listener of this.#listeners) listener();
  }

  /** Undefined while another process blocks the file. */
  #version(): string | undefined {
    try {
      return this.#connection.dataVersion();
    } catch {
      return undefined;
    }
  }
}
