import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import type { Log } from '@alongside/kernel/log';
import { equalHashes } from '@alongside/kernel/secrets';
import { marks, pieces } from '../batches.ts';
import { type Database, must, type Statement, sql } from '../database.ts';
import { appendStatements } from './blocks.ts';
import { type AuditEntry, type EncodedEntry, encodedEntryOf, encodeEntry } from './entry.ts';
import type { AuditSeal } from './seal.ts';

interface Waiting {
  entry: EncodedEntry;
  resolve(): void;
  reject(error: unknown): void;
}

interface UnsealedRow {
  id: number;
  chain: string;
  entry: string;
  mac: string;
}

interface Head {
  chain: string;
  seq: number;
  mac: string;
}

/** Maximum number of records of each kind in a group. */
const groupSize = 256;
/** Maximum number of entries of acts that are remembered until they are sealed. */
const mostOwn = 2_000;
/** Milliseconds between issuing a statement and looking for its record. */
const sealDelay = 250;
/** Milliseconds for which it keeps looking: longer than a batch waits for its locks. */
const watchFor = 12_000;

const deleteStatements = (rows: readonly UnsealedRow[]): Statement[] =>
  pieces(rows).map((some) =>
    sql(`DELETE FROM audit_unsealed WHERE id IN (${marks(some.length)})`, ...some.map(({ id }) => id)),
  );

/**
 * Writes the chain of this process. Seals records in groups: everything that waits goes into one batch while the next group
 * collects. Reads records of acts from `audit_unsealed`, where the batch of the act inserted them, so a rolled-back batch
 * leaves no gap.
 */
export class Sealer {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #seal: AuditSeal;
  readonly #log: Log;
  #chain = randomToken(12);
  /** Undefined before the first group, and after a write with an unknown result. */
  #head: Head | undefined;
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
  /** MACs of other processes' records at the last check. Their numbers are used again. */
  #orphans = new Set<string>();

  constructor(database: Database, clock: Clock, seal: AuditSeal, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#seal = seal;
    this.#log = log;
  }

  /** Whether this process has sealed a record. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** Resolves when the record is sealed and committed. */
  add(entry: EncodedEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#database.join();
      this.#sealNext().catch(() => undefined);
    });
  }

  /** Returns the statement with which an act writes its record in its own batch. The record is sealed within a second. */
  entryStatement(entry: EncodedEntry): Statement {
    this.#watchUntil = performance.now() + watchFor;
    this.#watch();
    const chain = this.#chain;
    const text = JSON.stringify(entry);
    const mac = this.#seal.entryMac(chain, text);
    if (this.#own.size >= mostOwn) this.#own.clear();
    this.#own.set(mac, { chain, text, entry });
    return sql('INSERT INTO audit_unsealed (chain, entry, mac) VALUES (?, ?, ?)', chain, text, mac);
  }

  /** Seals all records that this process has committed so far. */
  async sealAll(): Promise<void> {
    this.#looks = true;
    do await this.#sealNext();
    while (this.#looks);
  }

  /** Seals records of other processes that were already waiting at the last call, because those processes were killed. */
  async adopt(): Promise<void> {
    const rows = await this.#database.all<UnsealedRow>(
      sql(
        'SELECT id, chain, entry, mac FROM audit_unsealed WHERE chain <> ? ORDER BY id LIMIT 2000',
        this.#chain,
      ),
    );
    const left = rows.filter(({ mac }) => this.#orphans.has(mac));
    this.#orphans = new Set(rows.map(({ mac }) => mac));
    if (left.length === 0) return;
    // A process that is only slow finds its chain closed and continues with another one.
    const closing = [...new Set(left.map(({ chain }) => chain))].map((chain) =>
      sql(
        `INSERT INTO audit_chain (chain, started_at, seq, mac, closed_at) VALUES (?, ?, 0, '', ?)
         ON CONFLICT (chain) DO UPDATE SET closed_at = COALESCE(audit_chain.closed_at, excluded.closed_at)`,
        chain,
        this.#clock.now(),
        this.#clock.now(),
      ),
    );
    const taking = left.map(({ id }) => must(sql('DELETE FROM audit_unsealed WHERE id = ?', id)));
    await this.#exclusively(() =>
      this.#append(
        left.map((row) => this.#entryOf(row)),
        [...closing, ...taking],
        false,
      ),
    );
  }

  /** Seals the remaining records and closes the chain of this process. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.sealAll();
    await this.#database.run(
      sql(
        'UPDATE audit_chain SET closed_at = ? WHERE chain = ? AND closed_at IS NULL',
        this.#clock.now(),
        this.#chain,
      ),
    );
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
      await this.#database.untilGathered();
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
      const rows = looks ? await this.#unsealed() : [];
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

  /** Refuses entries that were written without the key. */
  #entryOf({ id, chain, entry, mac }: UnsealedRow): EncodedEntry {
    const own = this.#own.get(mac);
    this.#own.delete(mac);
    if (own?.chain === chain && own.text === entry) return own.entry;
    if (equalHashes(this.#seal.entryMac(chain, entry), mac)) return encodedEntryOf(entry);
    this.#log.error({ id }, 'an audit entry was not written by this installation');
    const forged: AuditEntry = {
      action: 'audit.entry-rejected',
      outcome: 'refused',
      actor: '',
      target: String(id),
    };
    return encodeEntry(forged, this.#clock.now(), undefined);
  }

  #unsealed(): Promise<UnsealedRow[]> {
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
    const records = this.#seal.chained(head, entries);
    const { seq, mac } = records.at(-1) ?? head;
    this.#head = undefined;
    const { done } = await this.#database.batch(
      appendStatements(this.#database.dialect, this.#moveStatement(head, seq, mac), {
        chain: head.chain,
        records,
        more: statements,
      }),
      { lazy, withSync: !lazy },
    );
    this.#hasWritten ||= done;
    if (done) this.#head = { chain: head.chain, seq, mac };
    else this.#chain = randomToken(12);
    return done;
  }

  /** The condition of each group: the chain ends at `head` and is open. */
  #moveStatement({ chain, seq: before }: Head, seq: number, mac: string): Statement {
    if (before === 0)
      return sql(
        'INSERT INTO audit_chain (chain, started_at, seq, mac) VALUES (?, ?, ?, ?) ON CONFLICT (chain) DO NOTHING',
        chain,
        this.#clock.now(),
        seq,
        mac,
      );
    return sql(
      'UPDATE audit_chain SET seq = ?, mac = ? WHERE chain = ? AND seq = ? AND closed_at IS NULL',
      seq,
      mac,
      chain,
      before,
    );
  }

  async #storedHead(): Promise<Head> {
    const stored = await this.#database.get<{ seq: number; mac: string }>(
      sql('SELECT seq, mac FROM audit_chain WHERE chain = ?', this.#chain),
    );
    return { chain: this.#chain, seq: stored?.seq ?? 0, mac: stored?.mac ?? '' };
  }
}
