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

type Connection = InstanceType<typeof sqlite.DatabaseSync>;
type Prepared = ReturnType<Connection['prepare']>;

interface Waiting {
  statements: readonly Statement[];
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
 * SQLite in WAL with fsync at each commit. Writes are gathered: one transaction for all writes of an event-loop turn,
 * one savepoint for each batch in it, and nobody is answered before the commit.
 */
export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly description: string;
  readonly #db: Connection;
  readonly #prepared = new Map<string, Prepared>();
  readonly #listeners = new Set<() => void>();
  #queue: Waiting[] = [];
  #scheduled = false;
  #retry: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #dataVersion = 0;
  #closed = false;

  /** @param file path, or `:memory:` for a database of this process alone. */
  constructor(file: string) {
    this.description = file === ':memory:' ? 'SQLite in memory' : `SQLite ${file}`;
    try {
      if (file !== ':memory:' && !existsSync(dirname(file)))
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // For its owner alone; SQLite gives the files that it makes beside it the same rights.
      if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
      this.#db = new Connect(file, { timeout: 2 });
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    } catch (error) {
      throw new OperatorError(`The database ${file} cannot be opened: ${reasonOf(error)}.`);
    }
  }

  async all<R extends object = Row>(statement: Statement): Promise<R[]> {
    return this.#prepare(statement.text).all(...statement.values) as R[];
  }

  async get<R extends object = Row>(statement: Statement): Promise<R | undefined> {
    return this.#prepare(statement.text).get(...statement.values) as R | undefined;
  }

  async run(statement: Statement): Promise<StatementResult> {
    const { results } = await this.batch([statement]);
    return results[0] ?? { changes: 0, rows: [] };
  }

  batch(statements: readonly Statement[]): Promise<BatchResult> {
    if (this.#closed) return Promise.reject(new StorageError('The database is closed.'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ statements, resolve, reject, deadline: performance.now() + patience });
      this.#schedule();
    });
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
    return !this.#closed && this.#db.prepare('SELECT 1 AS one').get() !== undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    if (this.#queue.length > 0) this.#turn();
    this.#closed = true;
    for (const waiting of this.#queue) waiting.reject(new StorageError('The database was closed.'));
    this.#db.close();
  }

  #prepare(text: string): Prepared {
    let prepared = this.#prepared.get(text);
    if (!prepared) {
      prepared = this.#db.prepare(text);
      this.#prepared.set(text, prepared);
    }
    return prepared;
  }

  #schedule(): void {
    if (this.#scheduled || this.#retry) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#turn();
    });
  }

  /** One transaction, begun and ended in this call, so no other code ever runs inside it. */
  #turn(): void {
    const turn = this.#queue;
    this.#queue = [];
    try {
      this.#db.exec('BEGIN IMMEDIATE');
    } catch (error) {
      this.#later(turn, error);
      return;
    }
    const answers: (() => void)[] = [];
    try {
      for (const waiting of turn) answers.push(this.#inSavepoint(waiting));
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      const failure = new StorageError(`Writing failed: ${reasonOf(error)}.`, { cause: error });
      for (const waiting of turn) waiting.reject(failure);
      return;
    }
    for (const answer of answers) answer();
  }

  #inSavepoint({ statements, resolve, reject }: Waiting): () => void {
    this.#db.exec('SAVEPOINT batch');
    try {
      const results: StatementResult[] = [];
      for (const statement of statements) {
        const result = this.#execute(statement);
        results.push(result);
        if (statement.mustChange && result.changes === 0) {
          this.#db.exec('ROLLBACK TO batch; RELEASE batch');
          return () => resolve({ done: false, results });
        }
      }
      this.#db.exec('RELEASE batch');
      return () => resolve({ done: true, results });
    } catch (error) {
      // A full disk or a lost file undoes the whole transaction by itself; then nobody of this turn is answered.
      if (!this.#db.isTransaction) throw error;
      this.#db.exec('ROLLBACK TO batch; RELEASE batch');
      return () => reject(new StorageError(`A statement was refused: ${reasonOf(error)}.`, { cause: error }));
    }
  }

  #execute(statement: Statement): StatementResult {
    const prepared = this.#prepare(statement.text);
    if (prepared.columns().length > 0) {
      const rows = prepared.all(...statement.values) as Row[];
      return { changes: rows.length, rows };
    }
    return { changes: Number(prepared.run(...statement.values).changes), rows: [] };
  }

  /** Another process holds the lock: try again soon without blocking the event loop. */
  #later(turn: Waiting[], error: unknown): void {
    const now = performance.now();
    const keep = busy(error) ? turn.filter((waiting) => waiting.deadline > now) : [];
    const failure = new StorageError(`The database is locked: ${reasonOf(error)}.`, { cause: error });
    for (const waiting of turn) if (!keep.includes(waiting)) waiting.reject(failure);
    this.#queue = [...keep, ...this.#queue];
    if (this.#queue.length === 0) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (!this.#closed) this.#turn();
    }, 2);
  }

  #readDataVersion(): number {
    return Number((this.#db.prepare('PRAGMA data_version').get() as { data_version: number }).data_version);
  }

  #look(): void {
    const version = this.#readDataVersion();
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    for (const listener of this.#listeners) listener();
  }
}
