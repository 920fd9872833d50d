import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import * as sqlite from 'node:sqlite';
import { OperatorError } from '@alongside/kernel/config';
import { reasonOf } from '@alongside/kernel/errors';
import {
  type BatchResult,
  type Database,
  type Row,
  type Statement,
  type StatementResult,
  StorageError,
} from './database.ts';
import { Durability } from './durability.ts';
import { SeldomRows, tableOf } from './seldom-rows.ts';
import { type DurableLog, WriteAheadLog } from './write-ahead-log.ts';

type Connection = InstanceType<typeof sqlite.DatabaseSync>;
type Prepared = ReturnType<Connection['prepare']>;

interface Known {
  prepared: Prepared;
  givesRows: boolean;
  writes: string | undefined;
}

interface Waiting {
  statements: readonly Statement[];
  lazy: boolean;
  resolve(result: BatchResult): void;
  reject(error: Error): void;
  /** When to give up, on the monotonic clock. */
  deadline: number;
}

/** How long a write waits for another process's lock, in milliseconds; the event loop goes on meanwhile. */
const patience = 5_000;
const foreignChangeInterval = 250;

const busy = (error: unknown): boolean => (error as { errcode?: number })?.errcode === 5;
// Node is renaming DatabaseSync to Database.
const Connect = ((sqlite as { Database?: typeof sqlite.DatabaseSync }).Database ??
  sqlite.DatabaseSync) as typeof sqlite.DatabaseSync;

/**
 * SQLite in WAL. Writes are gathered: one transaction for all writes of an event-loop turn, one savepoint for each batch in it,
 * and nobody learns of them before the commit. The fsync comes when an answer waits for it.
 */
export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly description: string;
  readonly #db: Connection;
  /** None in memory. */
  readonly #durability: Durability | undefined;
  readonly #known = new Map<string, Known>();
  readonly #seldom = new SeldomRows(
    (statement) => this.#read(statement),
    () => this.#readDataVersion(),
  );
  readonly #listeners = new Set<() => void>();
  #queue: Waiting[] = [];
  #scheduled = false;
  #retry: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #dataVersion = 0;
  /** Of the last answer; none at first, for nobody knows who wrote before and how far it came. */
  #answeredVersion: number | undefined;
  #closed = false;

  /**
   * @param file path, or `:memory:` for a database of this process alone.
   * @param log what makes its commits durable; the file's own write-ahead log unless told.
   */
  constructor(file: string, log?: DurableLog) {
    const inMemory = file === ':memory:';
    this.description = inMemory ? 'SQLite in memory' : `SQLite ${file}`;
    try {
      if (!inMemory && !existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // For its owner alone; SQLite gives the files that it makes beside it the same rights.
      if (!inMemory) closeSync(openSync(file, 'a', 0o600));
      this.#db = new Connect(file, { timeout: 2 });
      // NORMAL keeps the file whole by itself; that a commit is durable is the log's matter.
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
      // Pages that are written often go to the file less often: 16 MB of them may wait in the log.
      this.#db.exec('PRAGMA wal_autocheckpoint = 4000;');
    } catch (error) {
      throw new OperatorError(`The database ${file} cannot be opened: ${reasonOf(error)}.`);
    }
    if (log || !inMemory) this.#durability = new Durability(log ?? new WriteAheadLog(file));
  }

  async all<R extends object = Row>(statement: Statement): Promise<R[]> {
    return this.#rows(statement) as R[];
  }

  async get<R extends object = Row>(statement: Statement): Promise<R | undefined> {
    const { text, values, seldom } = statement;
    return (seldom ? this.#rows(statement)[0] : this.#prepare(text).prepared.get(...values)) as R | undefined;
  }

  async run(statement: Statement): Promise<StatementResult> {
    const { results } = await this.batch([statement]);
    return results[0] ?? { changes: 0, rows: [] };
  }

  batch(statements: readonly Statement[], { lazy = false } = {}): Promise<BatchResult> {
    if (this.#closed) return Promise.reject(new StorageError('The database is closed.'));
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
      this.#dataVersion = this.#readDataVersion();
      this.#watch = setInterval(() => this.#look(), foreignChangeInterval);
      this.#watch.unref();
    }
    return () => this.#listeners.delete(listener);
  }

  async healthy(): Promise<boolean> {
    return (
      !this.#closed && !this.#durability?.failure && this.#db.prepare('SELECT 1 AS one').get() !== undefined
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#queue.length > 0) this.#turn();
    clearTimeout(this.#retry);
    this.#closed = true;
    this.#rejectAll(this.#queue, new StorageError('The database was closed.'));
    await this.#durability?.close();
    this.#db.close();
  }

  #rows(statement: Statement): object[] {
    return statement.seldom ? [...this.#seldom.of(statement)] : this.#read(statement);
  }

  #read({ text, values }: Statement): object[] {
    return this.#prepare(text).prepared.all(...values);
  }

  #prepare(text: string): Known {
    let known = this.#known.get(text);
    if (!known) {
      const prepared = this.#db.prepare(text);
      known = { prepared, givesRows: prepared.columns().length > 0, writes: tableOf(text) };
      this.#known.set(text, known);
    }
    return known;
  }

  #schedule(): void {
    if (this.#scheduled || this.#retry) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#closed && !this.#retry) this.#turn();
    });
  }

  /** One transaction, begun and committed in this call, so no other code ever runs inside it. */
  #turn(): void {
    const turn = this.#queue;
    this.#queue = [];
    if (turn.length === 0) return;
    try {
      this.#control('BEGIN IMMEDIATE');
    } catch (error) {
      this.#later(turn, error);
      return;
    }
    const answers: (() => void)[] = [];
    try {
      for (const waiting of turn) answers.push(this.#apart(waiting));
      this.#control('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#rejectAll(turn, new StorageError(`Writing failed: ${reasonOf(error)}.`, { cause: error }));
      return;
    }
    this.#durability?.owe({ lazy: turn.every(({ lazy }) => lazy) });
    for (const answer of answers) answer();
  }

  /** A batch of its own, undone alone. One statement is that by itself. */
  #apart(waiting: Waiting): () => void {
    const { statements, resolve, reject } = waiting;
    const alone = statements.length === 1;
    if (!alone) this.#control('SAVEPOINT batch');
    try {
      const result = this.#execute(statements);
      if (!alone) this.#endSavepoint(result.done);
      return () => resolve(result);
    } catch (error) {
      // A full disk or a lost file undoes the whole transaction by itself; then nobody of this turn is answered.
      if (!this.#db.isTransaction) throw error;
      if (!alone) this.#endSavepoint(false);
      return () => reject(new StorageError(`A statement was refused: ${reasonOf(error)}.`, { cause: error }));
    }
  }

  #endSavepoint(done: boolean): void {
    if (!done) this.#control('ROLLBACK TO batch');
    this.#control('RELEASE batch');
  }

  #execute(statements: readonly Statement[]): BatchResult {
    const results: StatementResult[] = [];
    for (const statement of statements) {
      const { prepared, givesRows, writes } = this.#prepare(statement.text);
      this.#seldom.wrote(writes);
      const rows = givesRows ? (prepared.all(...statement.values) as Row[]) : [];
      const changes = givesRows ? rows.length : Number(prepared.run(...statement.values).changes);
      results.push({ changes, rows });
      if (statement.mustChange && changes === 0) return { done: false, results };
    }
    return { done: true, results };
  }

  #control(text: string): void {
    this.#prepare(text).prepared.run();
  }

  #rejectAll(turn: readonly Waiting[], failure: StorageError): void {
    for (const waiting of turn) waiting.reject(failure);
  }

  /** Another process holds the lock: try again soon without blocking the event loop. */
  #later(turn: Waiting[], error: unknown): void {
    const now = performance.now();
    const keep = busy(error) ? turn.filter((waiting) => waiting.deadline > now) : [];
    const failure = new StorageError(`The database is locked: ${reasonOf(error)}.`, { cause: error });
    this.#rejectAll(
      turn.filter((waiting) => !keep.includes(waiting)),
      failure,
    );
    this.#queue = [...keep, ...this.#queue];
    if (this.#queue.length === 0) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (!this.#closed) this.#turn();
    }, 2);
  }

  #readDataVersion(): number {
    return Number(
      (this.#prepare('PRAGMA data_version').prepared.get() as { data_version: number }).data_version,
    );
  }

  /** Whether another connection committed since the last time: it may not have brought to the disk what an answer of ours tells of. */
  #othersCommitted(): boolean {
    let version: number | undefined;
    try {
      version = this.#readDataVersion();
    } catch {
      // Who cannot tell takes it that one did.
      return true;
    }
    if (version === this.#answeredVersion) return false;
    this.#answeredVersion = version;
    return true;
  }

  #look(): void {
    const version = this.#readDataVersion();
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    for (const listener of this.#listeners) listener();
  }
}
