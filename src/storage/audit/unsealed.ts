import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import { equalHashes } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, sql } from '../database.ts';
import { type AuditEntry, type EncodedEntry, encodedEntryOf, encodeEntry } from './entry.ts';
import type { AuditSeal } from './seal.ts';

/** Returns the statement that closes the chain of this process. */
export const closeChainStatement = (chain: string, clock: Clock): Statement =>
  sql('UPDATE audit_chain SET closed_at = ? WHERE chain = ? AND closed_at IS NULL', clock.now(), chain);

/** An entry that waits in `audit_unsealed`, with its MAC. */
export interface UnsealedRow {
  id: number;
  chain: string;
  entry: string;
  mac: string;
}

/** Entries of killed processes, and the statements with which they are taken. */
interface Adopted {
  entries: EncodedEntry[];
  statements: Statement[];
}

/** The entries that wait in `audit_unsealed`: those of acts on PostgreSQL, and those of earlier versions on SQLite. */
export class UnsealedEntries {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #seal: AuditSeal;
  readonly #log: Log;
  /** MACs of other processes' entries at the last check. Their numbers are used again. */
  #orphans = new Set<string>();

  constructor(database: Database, clock: Clock, seal: AuditSeal, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#seal = seal;
    this.#log = log;
  }

  /** Returns an entry; a refusal instead of one that was written without the key. */
  entryOf({ id, chain, entry, mac }: UnsealedRow): EncodedEntry {
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

  /** Returns the entries of other processes that were already waiting at the last call, because those processes were killed. */
  async orphans(own: string): Promise<Adopted | undefined> {
    const rows = await this.#database.all<UnsealedRow>(
      sql('SELECT id, chain, entry, mac FROM audit_unsealed WHERE chain <> ? ORDER BY id LIMIT 2000', own),
    );
    const left = rows.filter(({ mac }) => this.#orphans.has(mac));
    this.#orphans = new Set(rows.map(({ mac }) => mac));
    if (left.length === 0) return undefined;
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
    return { entries: left.map((row) => this.entryOf(row)), statements: [...closing, ...taking] };
  }
}
