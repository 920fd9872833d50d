import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import type { Log } from '@alongside/kernel/log';
import { marks, pieces } from '../batches.ts';
import { type Database, type Statement, sql } from '../database.ts';
import { postgresBlockStatements } from './blocks.ts';
import type { EncodedEntry } from './entry.ts';
import { type AuditSeal, type ChainEnd, moveStatement } from './seal.ts';
import { closeChainStatement, UnsealedEntries, type UnsealedRow } from './unsealed.ts';

/** Seals records into the chain of this process. */
export interface Sealer {
  /** Whether this process has sealed a record. */
  readonly hasWritten: boolean;
  /** Resolves when the record is sealed and committed. */
  add(entry: EncodedEntry): Promise<void>;
  /** Returns the statement with which an act writes its record in its own batch. */
  entryStatement(entry: EncodedEntry): Statement;
  /** Seals all records that this process has committed so far. */
  sealAll(): Promise<void>;
  /** Seals records of other processes that were already waiting at the last call, because those processes were killed. */
  adopt(): Promise<void>;
  /** Seals the remaining records and closes the chain of this process. */
  close(): Promise<void>;
}

interface Waiting {
  entry: EncodedEntry;
  resolve(): void;
  reject(error: unknown): void;
}

/** Maximum number of records of each kind in a group. */
const groupSize = 256;
/** Maximum number of entries of acts that are remembered until they are sealed. */
const maxOwn = 2_000;
/** Milliseconds between issuing a statement and looking for its record. */
const sealDelay = 250;
/** Milliseconds for which it keeps looking: longer than a batch waits for its locks. */
const watchFor = 12_000;

const deleteStatements = (rows: readonly UnsealedRow[]): Statement[] =>
  pieces(rows).map((some) =>
    sql(`DELETE FROM audit_unsealed WHERE id IN (${marks(some.length)})`, ...some.map(({ id }) => id)),
  );

/**
 * Writes the chain of this process in PostgreSQL. Seals records in groups: everything that waits goes into one batch while the next
 * group collects. Reads records of acts from `audit_unsealed`, where the batch of the act inserted them, so a rolled-back batch
 * leaves no gap.
 */
export class GroupSealer implements Sealer {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #seal: AuditSeal;
  readonly #log: Log;
  #chain = randomToken(12);
  /** Undefined before the first group, and after a write with an unknown result. */
  #head: ChainEnd | undefined;
  #waiting: Waiting[] = [];
  /** Whether the next group looks for records of acts. */
  #looks = false;
  #next: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #watchUntil = 0;
  #closed = false;
  #hasWritten = false;
  /** The newest entries of acts by their MAC: reading one back unchanged needs no second proof of its origin. */
  readonly #own = new Map<string, { chain: string; text: string; entry: EncodedEntry }>();
  readonly #unsealed: UnsealedEntries;

  constructor(database: Database, clock: Clock, seal: AuditSeal, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#seal = seal;
    this.#log = log;
    this.#unsealed = new UnsealedEntries(database, clock, seal, log);
  }

  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  add(entry: EncodedEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#sealNext().catch(() => undefined);
    });
  }

  /** The record is sealed within a second. */
  entryStatement(entry: EncodedEntry): Statement {
    this.#watchUntil = performance.now() + watchFor;
    this.#watch();
    const chain = this.#chain;
    const text = JSON.stringify(entry);
    const mac = this.#seal.entryMac(chain, text);
    if (this.#own.size >= maxOwn) this.#own.clear();
    this.#own.set(mac, { chain, text, entry });
    return sql('INSERT INTO audit_unsealed (chain, entry, mac) VALUES (?, ?, ?)', chain, text, mac);
  }

  async sealAll(): Promise<void> {
    this.#looks = true;
    do await this.#sealNext();
    while (this.#looks);
  }

  async adopt(): Promise<void> {
    const adopted = await this.#unsealed.orphans(this.#chain);
    if (adopted) await this.#exclusively(() => this.#append(adopted.entries, adopted.statements, false));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.sealAll();
    await this.#database.run(closeChainStatement(this.#chain, this.#clock));
  }

  #watch(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (performance.now() < this.#watchUntil) this.#watch();
      this.sealAll().catch((error: unknown) =>
        this.#log.error({ reason: reasonOf(error) }, 'audit records could not be sealed'),
      );
    }, sealDelay).unref();
  }

  /** Runs one after another: each group continues the chain of the previous one. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const running = this.#last.then(work);
    this.#last = running.catch(() => undefined);
    return running;
  }

  #sealNext(): Promise<void> {
    this.#next ??= this.#exclusively(async () => {
      this.#next = undefined;
      return this.#sealGroup();
    });
    return this.#next;
  }

  async #sealGroup(): Promise<void> {
    const group = this.#waiting.splice(0, groupSize);
    const looks = this.#looks;
    this.#looks = false;
    try {
      const rows = looks ? await this.#waitingRows() : [];
      const records = [...rows.map((row) => this.#entryOf(row)), ...group.map(({ entry }) => entry)];
      if (records.length > 0 && !(await this.#append(records, deleteStatements(rows), group.length === 0))) {
        // Another process closed the chain and sealed the rows.
        await this.#append(
          group.map(({ entry }) => entry),
          [],
          false,
        );
      }
      if (rows.length === groupSize) this.#looks = true;
    } catch (error) {
      for (const { reject } of group) reject(error);
      throw error;
    } finally {
      if (this.#looks || this.#waiting.length > 0) this.#sealNext().catch(() => undefined);
    }
    for (const { resolve } of group) resolve();
  }

  /** An entry of this process that was read back unchanged needs no second proof of its origin. */
  #entryOf(row: UnsealedRow): EncodedEntry {
    const own = this.#own.get(row.mac);
    this.#own.delete(row.mac);
    return own?.chain === row.chain && own.text === row.entry ? own.entry : this.#unsealed.entryOf(row);
  }

  #waitingRows(): Promise<UnsealedRow[]> {
    return this.#database.all<UnsealedRow>(
      sql(
        'SELECT id, chain, entry, mac FROM audit_unsealed WHERE chain = ? ORDER BY id LIMIT ?',
        this.#chain,
        groupSize,
      ),
    );
  }

  /**
   * Appends sealed records to the chain, with these statements in the same batch. Returns false if another process closed the
   * chain and nothing happened; the next call then begins another chain.
   */
  async #append(
    entries: readonly EncodedEntry[],
    statements: readonly Statement[],
    lazy: boolean,
  ): Promise<boolean> {
    if (entries.length === 0 && statements.length === 0) return true;
    const head = this.#head ?? (await this.#storedHead());
    const { records, end } = this.#seal.chained(head, entries);
    this.#head = undefined;
    const { done } = await this.#database.batch(
      postgresBlockStatements(moveStatement(head, end, this.#clock), {
        chain: head.chain,
        records,
        more: statements,
      }),
      { lazy },
    );
    this.#hasWritten ||= done;
    if (done) this.#head = end;
    else this.#chain = randomToken(12);
    return done;
  }

  async #storedHead(): Promise<ChainEnd> {
    const stored = await this.#database.get<{ seq: number; mac: string }>(
      sql('SELECT seq, mac FROM audit_chain WHERE chain = ?', this.#chain),
    );
    return { chain: this.#chain, seq: stored?.seq ?? 0, mac: stored?.mac ?? '' };
  }
}
