import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import { type Database, must, type Statement, sql } from '../database.ts';
import { blockColumns, blockRow, recordsOf } from './blocks.ts';
import { type AuditEntry, auditWriter, type ChainHead } from './entry.ts';
import { formerChain } from './records.ts';
import { blockSize } from './seal.ts';

export interface UpkeepParts {
  database: Database;
  clock: Clock;
  /** Anchors are logged here: exported logs prove truncation, which the database cannot. */
  anchorLog: Log;
  /** Returns the statement that writes a record in the batch of the caller. */
  recordStatement: (entry: AuditEntry, heads: readonly ChainHead[]) => Statement;
}

const minute = 60_000;

/** Claims the work of a period for one process: only one batch with this statement succeeds. */
export const claimStatement = (name: string, turn: number): Statement =>
  must(
    sql(
      `INSERT INTO setting (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE setting.value <> excluded.value`,
      name,
      String(turn),
    ),
  );

export const claimed = async (database: Database, name: string, turn: number): Promise<boolean> =>
  (await database.get<{ value: string }>(sql('SELECT value FROM setting WHERE name = ?', name)))?.value ===
  String(turn);

/** Returns whether a chain has more new records than a few anchors. */
async function hasGrown(
  database: Database,
  { chain, seq, anchored }: { chain: string; seq: number; anchored: number },
): Promise<boolean> {
  if (chain === formerChain || seq - anchored > blockSize) return true;
  const blocks = await database.all(
    sql(`SELECT ${blockColumns} FROM audit_block AS block WHERE chain = ? AND seq > ?`, chain, anchored),
    blockRow,
  );
  return blocks
    .flatMap(recordsOf)
    .some((record) => record.seq > anchored && record.action !== 'audit.anchored');
}

/** Records and logs the last record of each chain that has grown, once a minute in all processes together. */
export async function anchorChains({
  database,
  clock,
  anchorLog,
  recordStatement,
}: UpkeepParts): Promise<void> {
  const turn = Math.floor(clock.now() / minute);
  if (await claimed(database, 'audit.anchored', turn)) return;
  const longer = await database.all<{ chain: string; seq: number; mac: string; anchored: number }>(
    sql('SELECT chain, seq, mac, anchored FROM audit_chain WHERE seq > anchored ORDER BY started_at, chain'),
  );
  const grown: typeof longer = [];
  for (const chain of longer) if (await hasGrown(database, chain)) grown.push(chain);
  if (grown.length === 0) return;
  const heads = grown.map(({ chain, seq, mac }): ChainHead => [chain, seq, mac]);
  const { done } = await database.batch([
    claimStatement('audit.anchored', turn),
    ...grown.map(({ chain, seq }) => sql('UPDATE audit_chain SET anchored = ? WHERE chain = ?', seq, chain)),
    recordStatement({ action: 'audit.anchored', outcome: 'ok', actor: auditWriter }, heads),
  ]);
  if (done) anchorLog.info({ heads }, 'audit anchor');
}

/** How much the audit log holds. */
export interface AuditExtent {
  /** Days after which records are deleted; null if they never are. */
  retentionDays: number | null;
  /** Number of sealed records, without deleted ones whose rows are not removed yet. */
  records: number;
  chains: number;
  /** Number of records that an anchor covers. */
  anchored: number;
  /** ISO time of the oldest stored record, which may be deleted and not removed yet; null without one. */
  oldest: string | null;
}

export async function readExtent(database: Database, retentionDays: number | null): Promise<AuditExtent> {
  const chains = await database.get<Record<'chains' | 'records' | 'anchored', number>>(
    sql(
      `SELECT COUNT(*) AS chains, COALESCE(SUM(seq - deleted), 0) AS records,
       COALESCE(SUM(CASE WHEN anchored > deleted THEN anchored - deleted ELSE 0 END), 0) AS anchored FROM audit_chain`,
    ),
  );
  const oldest = await database.get(
    sql(`SELECT ${blockColumns} FROM audit_block AS block ORDER BY at LIMIT 1`),
    blockRow,
  );
  return {
    retentionDays,
    records: Number(chains?.records ?? 0),
    chains: Number(chains?.chains ?? 0),
    anchored: Number(chains?.anchored ?? 0),
    oldest: oldest ? new Date(Math.min(...recordsOf(oldest).map(({ at }) => at))).toISOString() : null,
  };
}
