import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Log } from '@alongside/kernel/log';
import { type AppendedList, type Database, type Statement, type StatementResult, sql } from '../database.ts';
import type { EncodedEntry } from './entry.ts';
import type { Sealer } from './group-sealer.ts';
import {
  type AuditSeal,
  type ChainEnd,
  type Chained,
  moveStatement,
  type NewBlock,
  newBlocks,
} from './seal.ts';
import { closeChainStatement, UnsealedEntries } from './unsealed.ts';

const newChain = (): ChainEnd => ({ chain: randomToken(12), seq: 0, mac: '' });

/** Numbers continue after those of earlier versions. The newest block is never deleted. */
const blockStatements = ({ size, values, terms }: NewBlock): Statement[] => [
  sql(
    `INSERT INTO audit_block (last, chain, seq, at, records) VALUES (
      (SELECT COALESCE(MAX(last), (SELECT MAX(seq) FROM audit), 0) FROM audit_block) + ?, ?, ?, ?, ?)`,
    size,
    ...values,
  ),
  ...terms.map((term) =>
    sql(
      'INSERT INTO audit_term (term, block) VALUES (?, (SELECT MAX(last) FROM audit_block)) ON CONFLICT DO NOTHING',
      term,
    ),
  ),
];

/**
 * Seals the records of a transaction of SQLite at its end, so that no record is ever stored without its seal. A transaction runs
 * without other code of this process in between, so the next one continues the chain.
 */
export class TransactionSealer implements Sealer, AppendedList<EncodedEntry> {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #seal: AuditSeal;
  readonly #unsealed: UnsealedEntries;
  #end: ChainEnd = newChain();
  #hasWritten = false;

  constructor(database: Database, clock: Clock, seal: AuditSeal, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#seal = seal;
    this.#unsealed = new UnsealedEntries(database, clock, seal, log);
  }

  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  async add(entry: EncodedEntry): Promise<void> {
    await this.#database.batch([this.entryStatement(entry)]);
  }

  entryStatement(entry: EncodedEntry): Statement {
    return { text: '', values: [], appends: { list: this, entry } };
  }

  append(entries: readonly EncodedEntry[], execute: (statement: Statement) => StatementResult): () => void {
    const moved = (from: ChainEnd): Chained | undefined => {
      const chained = this.#seal.chained(from, entries);
      return execute(moveStatement(from, chained.end, this.#clock)).changes > 0 ? chained : undefined;
    };
    // Another process closed the chain, or the result of the last transaction is unknown.
    const chained = moved(this.#end) ?? moved(newChain());
    if (!chained) throw new Error('A new audit chain exists already.');
    for (const block of newBlocks(chained.end.chain, chained.records))
      for (const statement of blockStatements(block)) execute(statement);
    return () => {
      this.#end = chained.end;
      this.#hasWritten = true;
    };
  }

  async sealAll(): Promise<void> {
    // Nothing waits: each record is sealed when it is committed.
  }

  /** Seals the records that a killed process of an earlier version left. This one leaves none, whatever their chain. */
  async adopt(): Promise<void> {
    const adopted = await this.#unsealed.orphans('');
    if (!adopted) return;
    const records = adopted.entries.map((entry) => this.entryStatement(entry));
    await this.#database.batch([...adopted.statements, ...records]);
  }

  async close(): Promise<void> {
    await this.#database.run(closeChainStatement(this.#end.chain, this.#clock));
  }
}
