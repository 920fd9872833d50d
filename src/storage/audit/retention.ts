import { setImmediate as nextTurn } from 'node:timers/promises';
import { batchSize, inBatches, marks } from '../batches.ts';
import { type Database, sql } from '../database.ts';
import { computed, integer, nullable, type RowOf, row, text } from '../row.ts';
import { blockColumns, blockRow, recordsOf } from './blocks.ts';
import { auditWriter, type ChainHead } from './entry.ts';
import { formerChain } from './records.ts';
import { claimed, claimStatement, type UpkeepParts } from './upkeep.ts';

const day = 86_400_000;
/** Maximum number of blocks that one batch removes. Each may have a few hundred terms. */
export const blocksRemovedAtOnce = 25;

const chainRow = row('audit_chain', { chain: text, deleted: integer, deletedMac: text });
type DeletableChain = RowOf<typeof chainRow>;
const endRow = row('audit_block', { last: integer });
const newestRow = row('audit_block', { last: computed(nullable(integer)) });

/** The end of a block, or a record of the former chain. */
interface End {
  last: number;
  seq: number;
  at: number | string;
}

/**
 * Returns the last record of a chain of which its whole block is before a time, with nothing newer before it; undefined if it was
 * deleted already.
 * @param newest the number of the newest block of all, which stays, because numbers continue after it
 */
async function lastOldRecord(
  database: Database,
  { chain, deleted }: DeletableChain,
  before: number,
  newest: number,
): Promise<ChainHead | undefined> {
  let after = deleted;
  const isFormer = chain === formerChain;
  const isYoung = ({ last, at }: End) => Number(last) >= newest || new Date(at).getTime() >= before;
  while (
    await inBatches(async () => {
      const ends = await database.all<End>(
        isFormer
          ? sql('SELECT 0 AS last, seq, at FROM audit WHERE seq > ? ORDER BY seq LIMIT ?', after, batchSize)
          : sql(
              'SELECT last, seq, at FROM audit_block WHERE chain = ? AND seq > ? ORDER BY seq LIMIT ?',
              chain,
              after,
              batchSize,
            ),
      );
      const young = ends.findIndex(isYoung);
      after = Number((young < 0 ? ends : ends.slice(0, young)).at(-1)?.seq ?? after);
      return young < 0 ? ends.length : 0;
    })
  );
  if (after === deleted) return undefined;
  if (isFormer) {
    const last = await database.get<{ hash: string }>(sql('SELECT hash FROM audit WHERE seq = ?', after));
    return last && [chain, after, last.hash];
  }
  const block = await database.get(
    sql(`SELECT ${blockColumns} FROM audit_block AS block WHERE chain = ? AND seq = ?`, chain, after),
    blockRow,
  );
  return block && [chain, after, recordsOf(block).at(-1)?.mac ?? ''];
}

/**
 * Declares records older than this number of days deleted, once a day in all processes together: `removeDeletedRecords` removes
 * their rows. A retention record names the last deleted record of each chain, so that the rest can still be verified.
 */
export async function deleteOldRecords(
  { database, clock, recordStatement }: UpkeepParts,
  days: number,
): Promise<void> {
  const turn = Math.floor(clock.now() / day);
  if (await claimed(database, 'audit.retained', turn)) return;
  const chains = await database.all(
    sql('SELECT chain, deleted, deleted_mac FROM audit_chain ORDER BY started_at, chain'),
    chainRow,
  );
  const newest = await database.get(sql('SELECT MAX(last) AS last FROM audit_block'), newestRow);
  const old: ChainHead[] = [];
  for (const chain of chains) {
    const before = (turn - days) * day;
    const last = await lastOldRecord(database, chain, before, newest?.last ?? Number.MAX_SAFE_INTEGER);
    if (last) old.push(last);
    await nextTurn();
  }
  if (old.length === 0) return;
  const moved = new Set(old.map(([chain]) => chain));
  // Repeated each time, because the previous retention record becomes old too.
  const stated = chains
    .filter(({ chain, deleted }) => deleted > 0 && !moved.has(chain))
    .map(({ chain, deleted, deletedMac }): ChainHead => [chain, deleted, deletedMac]);
  await database.batch([
    claimStatement('audit.retained', turn),
    // Chains that were fully deleted, with a retention record, on an earlier day. A row is needed until all blocks of its chain are removed.
    sql(
      `DELETE FROM audit_chain WHERE closed_at IS NOT NULL AND deleted = seq AND deleted > 0
       AND NOT EXISTS (SELECT 1 FROM audit_block AS block WHERE block.chain = audit_chain.chain)
       AND (chain <> '${formerChain}' OR NOT EXISTS (SELECT 1 FROM audit))`,
    ),
    ...old.map(([chain, seq, mac]) =>
      sql('UPDATE audit_chain SET deleted = ?, deleted_mac = ? WHERE chain = ?', seq, mac, chain),
    ),
    recordStatement({ action: 'audit.retained', outcome: 'ok', actor: auditWriter, detail: { days } }, [
      ...stated,
      ...old,
    ]),
  ]);
}

/**
 * Removes the rows of deleted records, those that an interrupted process has left behind too.
 * @returns whether rows remain after a limited number of batches
 */
export async function removeDeletedRecords(database: Database): Promise<boolean> {
  const chains = await database.all(
    sql(
      `SELECT chain, deleted, deleted_mac FROM audit_chain WHERE deleted > 0 AND (
         EXISTS (SELECT 1 FROM audit_block AS block WHERE block.chain = audit_chain.chain AND block.seq <= deleted)
         OR chain = '${formerChain}' AND EXISTS (SELECT 1 FROM audit WHERE audit.seq <= deleted))`,
    ),
    chainRow,
  );
  let n = 0;
  return inBatches(async () => {
    const chain = chains[n];
    if (!chain) return 0;
    if (!(await removeSome(database, chain))) n += 1;
    return batchSize;
  });
}

/** Removes the oldest rows of deleted records of a chain in one batch. Returns whether the batch was full. */
async function removeSome(database: Database, { chain, deleted }: DeletableChain): Promise<boolean> {
  if (chain === formerChain) {
    const old = `SELECT seq FROM audit WHERE seq <= ? ORDER BY seq LIMIT ${batchSize}`;
    const { changes } = await database.run(sql(`DELETE FROM audit WHERE seq IN (${old})`, deleted));
    return changes === batchSize;
  }
  const ends = await database.all(
    sql(
      `SELECT last FROM audit_block WHERE chain = ? AND seq <= ? ORDER BY seq LIMIT ${blocksRemovedAtOnce}`,
      chain,
      deleted,
    ),
    endRow,
  );
  if (ends.length === 0) return false;
  const blocks = ends.map(({ last }) => last);
  // The same blocks in both statements: one that looks for them again would find further ones after another process removed these.
  await database.batch([
    sql(`DELETE FROM audit_term WHERE block IN (${marks(blocks.length)})`, ...blocks),
    sql(`DELETE FROM audit_block WHERE last IN (${marks(blocks.length)})`, ...blocks),
  ]);
  return ends.length === blocksRemovedAtOnce;
}
