import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import { type Database, must, type Statement, sql } from '../database.ts';
import { blockSize } from '../migrations/0033-audit-blocks.ts';
import { blockColumns, blockRow, recordsOf } from './blocks.ts';
import { type AuditEntry, auditWriter, type ChainHead } from './entry.ts';
import { formerChain } from './records.ts';

interface UpkeepParts {
  database: Database;
  clock: Clock;
  /** Anchors are logged here: exported logs prove truncation, which the database cannot. */
  anchorLog: Log;
  /** Returns the statement that writes a record in the batch of the caller. */
  recordStatement: (entry: AuditEntry, heads: readonly ChainHead[]) => Statement;
}

const minute = 60_000;
const day = 86_400_000;

/** Claims the work of a period for one process: only one batch with this statement succeeds. */
const claimStatement = (name: string, turn: number): Statement =>
  must(
    sql(
      `INSERT INTO setting (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE setting.value <> excluded.value`,
      name,
      String(turn),
    ),
  );

const claimed = async (database: Database, name: string, turn: number): Promise<boolean> =>
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

interface OldRecords {
  chain: string;
  /** The last record to delete. */
  seq: number;
  mac: string;
}

/**
 * Returns the last record of each chain of which its whole block is before a time, with nothing newer before it. The newest block of
 * all stays, because numbers continue after it.
 */
async function oldRecords(database: Database, before: number): Promise<OldRecords[]> {
  const blocks = await database.all(
    sql(
      `SELECT ${blockColumns} FROM audit_chain AS counted JOIN audit_block AS block
       ON block.chain = counted.chain AND block.seq = (
         SELECT MAX(old.seq) FROM audit_block AS old WHERE old.chain = counted.chain AND old.seq < COALESCE(
           (SELECT MIN(young.seq) FROM audit_block AS young WHERE young.chain = counted.chain AND young.at >= ?),
           counted.seq + 1)
       ) WHERE block.last < (SELECT MAX(last) FROM audit_block)`,
      before,
    ),
    blockRow,
  );
  const sealed = blocks.map((block) => ({
    chain: block.chain,
    seq: block.seq,
    mac: recordsOf(block).at(-1)?.mac ?? '',
  }));
  const former = await database.all<OldRecords>(
    sql(
      `SELECT '${formerChain}' AS chain, seq, hash AS mac FROM audit WHERE seq = COALESCE(
         (SELECT MIN(seq) - 1 FROM audit WHERE at >= ?), (SELECT MAX(seq) FROM audit))`,
      new Date(before).toISOString(),
    ),
  );
  return [...sealed, ...former];
}

/**
 * Deletes records older than this number of days, once a day in all processes together. A retention record names the last deleted
 * record of each chain, so that the rest can still be verified.
 */
export async function deleteOldRecords(
  { database, clock, recordStatement }: UpkeepParts,
  days: number,
): Promise<void> {
  const turn = Math.floor(clock.now() / day);
  if (await claimed(database, 'audit.retained', turn)) return;
  const old = await oldRecords(database, (turn - days) * day);
  if (old.length === 0) return;
  const stated = await database.all<{ chain: string; seq: number; mac: string }>(
    sql('SELECT chain, deleted AS seq, deleted_mac AS mac FROM audit_chain WHERE deleted > 0'),
  );
  const moved = new Set(old.map(({ chain }) => chain));
  // Repeated each time, because the previous retention record becomes old too.
  const heads = [...stated.filter(({ chain }) => !moved.has(chain)), ...old].map(
    ({ chain, seq, mac }): ChainHead => [chain, seq, mac],
  );
  await database.batch([
    claimStatement('audit.retained', turn),
    // Chains that were fully deleted, with a retention record, on an earlier day.
    sql('DELETE FROM audit_chain WHERE closed_at IS NOT NULL AND deleted = seq AND deleted > 0'),
    ...old.flatMap(({ chain, seq, mac }) => [
      ...(chain === formerChain
        ? [sql('DELETE FROM audit WHERE seq <= ?', seq)]
        : [
            sql(
              'DELETE FROM audit_term WHERE block IN (SELECT last FROM audit_block WHERE chain = ? AND seq <= ?)',
              chain,
              seq,
            ),
            sql('DELETE FROM audit_block WHERE chain = ? AND seq <= ?', chain, seq),
          ]),
      sql('UPDATE audit_chain SET deleted = ?, deleted_mac = ? WHERE chain = ?', seq, mac, chain),
    ]),
    recordStatement({ action: 'audit.retained', outcome: 'ok', actor: auditWriter, detail: { days } }, heads),
  ]);
}

/** How much the audit log holds. */
export interface AuditExtent {
  /** Days after which records are deleted; null if they never are. */
  retentionDays: number | null;
  records: number;
  chains: number;
  /** Number of records that an anchor covers. */
  anchored: number;
  /** ISO time of the oldest sealed record; null without one. */
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
