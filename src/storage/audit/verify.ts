import { marks, pieces } from '../batches.ts';
import { type Database, sql } from '../database.ts';
import { computed, integer, row, text } from '../row.ts';
import { type AuditBlock, blockColumns, blockRow, recordsOf, type StoredRecord } from './blocks.ts';
import { auditBodyOf, auditWriter, type ChainHead } from './entry.ts';
import { type FormerRow, formerChain, formerHash } from './records.ts';
import { type AuditSeal, blockSize, maxSpan, newestOf, termsOf } from './seal.ts';

/** The first record that was changed; without chain if it concerns no record. */
export interface AuditProblem {
  chain: string;
  seq: number;
  problem:
    | 'wrong-key'
    | 'changed'
    | 'missing'
    | 'not-linked'
    | 'cut'
    | 'appended'
    | 'deleted'
    | 'not-anchored'
    | 'heads-missing'
    | 'heads-changed';
}

export const problemTexts: Readonly<Record<AuditProblem['problem'], string>> = {
  'wrong-key': 'The audit log was sealed with another master key.',
  changed: 'The record was changed, moved or not written by this installation.',
  missing: 'The record is missing.',
  'not-linked': 'The record does not continue the record before it.',
  cut: 'The chain ends before this record, which was counted or anchored.',
  appended: 'The record was appended after the counted end of its chain.',
  deleted: 'The records up to this one were deleted, and no retention record names them.',
  'not-anchored': 'The record is not the one that was anchored.',
  'heads-missing': 'The stored ends of the chains were removed from the database.',
  'heads-changed': 'The stored ends of the chains were changed or not written by this installation.',
};

export interface AuditVerification {
  chains: number;
  records: number;
  /** Number of records that are not sealed yet. */
  unsealed: number;
  problem?: AuditProblem;
  /** ISO times between which ends of the chains were stored outside the database; undefined without them. */
  provenSince?: string;
  provenUntil?: string;
}

export interface VerifyOptions {
  /** Times in milliseconds; records outside are not read. */
  from?: number | undefined;
  to?: number | undefined;
  /** Anchors from outside the database, such as exported logs. */
  anchors?: readonly ChainHead[];
}

interface ChainRow {
  chain: string;
  seq: number;
  mac: string;
  deleted: number;
}

const chainsQuery = 'SELECT chain, seq, mac, deleted FROM audit_chain';

/** Returns the number of records of a chain to verify: all that were not deleted, or those of them within a range. */
const countIn = ({ seq, deleted }: ChainRow, { first, last }: Range = { first: 1, last: seq }): number =>
  Math.max(0, last - Math.max(first, deleted + 1) + 1);

const pageSize = 1_000;
/** The number of blocks of a page. */
const blocksAtOnce = 50;

const termRow = row('audit_term', { term: text, block: integer });
const endsRow = row('audit_block', { chain: text, first: computed(integer), last: computed(integer) });

/** Chain heads in anchors or retention records: MACs by chain and number. */
class NamedHeads {
  readonly #chains = new Map<string, Map<number, string>>();

  add([chain, seq, mac]: ChainHead): void {
    const heads = this.#chains.get(chain) ?? new Map<number, string>();
    this.#chains.set(chain, heads.set(seq, mac));
  }

  chains(): string[] {
    return [...this.#chains.keys()];
  }

  macOf(chain: string, seq: number): string | undefined {
    return this.#chains.get(chain)?.get(seq);
  }

  /** Returns the highest number in a chain; 0 if it is empty. */
  last(chain: string): number {
    return Math.max(0, ...(this.#chains.get(chain)?.keys() ?? []));
  }
}

interface Link {
  seq: number;
  previous: string;
  mac: string;
  holds: boolean;
}

/** First and last record number to read in a chain. */
interface Range {
  first: number;
  last: number;
}

/** Reads chains and finds the first changed record. */
class Verifier {
  readonly #database: Database;
  readonly #seal: AuditSeal;
  readonly #anchored = new NamedHeads();
  readonly #retained = new NamedHeads();
  records = 0;

  constructor(database: Database, seal: AuditSeal, anchors: readonly ChainHead[]) {
    this.#database = database;
    this.#seal = seal;
    for (const head of anchors) this.#anchored.add(head);
  }

  async retained(): Promise<NamedHeads> {
    await this.#collect('audit.retained', this.#retained);
    return this.#retained;
  }

  /** Reads anchors and retention records before verifying the records. */
  async collectHeads(): Promise<void> {
    await this.#collect('audit.anchored', this.#anchored);
    await this.#collect('audit.retained', this.#retained);
  }

  async #collect(action: string, named: NamedHeads): Promise<void> {
    const [term = ''] = termsOf({ action });
    for (let after = 0, page = blocksAtOnce; page === blocksAtOnce; ) {
      const blocks = await this.#database.all(
        sql(
          `SELECT ${blockColumns} FROM audit_term AS term CROSS JOIN audit_block AS block
           WHERE term.term = ? AND term.block > ? AND block.last = term.block ORDER BY term.block LIMIT ?`,
          term,
          after,
          blocksAtOnce,
        ),
        blockRow,
      );
      for (const record of blocks.flatMap(recordsOf))
        if (record.action === action && record.actor === auditWriter && this.#seal.holds(record))
          for (const head of auditBodyOf(record.body).heads ?? []) named.add(head);
      page = blocks.length;
      after = blocks.at(-1)?.last ?? after;
    }
  }

  /**
   * Verifies a chain; again from its new beginning if records were deleted meanwhile. Yields after each page.
   * @param range the records to read; the whole chain by default
   */
  async *verifyChain(read: ChainRow, range?: Range): AsyncGenerator<void, AuditProblem | undefined> {
    const { records } = this;
    for (let row = read; ; ) {
      const problem = yield* this.#verifyRow(row, range);
      if (!problem) return undefined;
      // Not the anchors: those since then may name chains that are not in the list.
      await this.#collect('audit.retained', this.#retained);
      const now = await this.#database.get<ChainRow>(sql(`${chainsQuery} WHERE chain = ?`, row.chain));
      if (!now || now.deleted <= row.deleted) return problem;
      row = now;
      this.records = records;
    }
  }

  async *#verifyRow(
    { chain, seq: counted, mac, deleted }: ChainRow,
    range?: Range,
  ): AsyncGenerator<void, AuditProblem | undefined> {
    const found = (seq: number, problem: AuditProblem['problem']): AuditProblem => ({ chain, seq, problem });
    const first = Math.max(range?.first ?? 1, deleted + 1);
    const last = Math.min(range?.last ?? counted, counted);
    let { seq, previous } = { seq: first - 1, previous: await this.#macBefore(chain, first, deleted) };
    if (previous === undefined) return found(seq, seq === deleted ? 'deleted' : 'missing');
    // Rows of deleted records may remain for a while; nothing depends on them.
    if (range && range.last <= deleted) return undefined;
    for (let isMore = true; isMore && seq < last; ) {
      const links = await this.#links(chain, seq, last);
      for (const link of links) {
        this.records += 1;
        if (!link.holds) return found(seq + 1, 'changed');
        if (link.seq !== seq + 1) {
          const isMoved = link.seq <= seq || links.some((other) => other.seq === seq + 1);
          return found(seq + 1, isMoved ? 'changed' : 'missing');
        }
        if (link.previous !== previous) return found(link.seq, 'not-linked');
        if ((this.#anchored.macOf(chain, link.seq) ?? link.mac) !== link.mac)
          return found(link.seq, 'not-anchored');
        seq = link.seq;
        previous = link.mac;
      }
      isMore = links.length > 0;
      yield;
    }
    if (seq < last) return found(seq + 1, last === counted ? 'cut' : 'missing');
    if (last < counted && (await this.#links(chain, last, last + 1)).length === 0)
      return found(last + 1, 'missing');
    if (seq === counted && previous !== mac) return found(seq, 'not-linked');
    if (this.#anchored.last(chain) > counted) return found(counted + 1, 'cut');
    return await this.#appended(chain);
  }

  /** Returns a chain in an anchor that is not in the list of chains, because it was removed as a whole. */
  removedChain(known: ReadonlySet<string>): AuditProblem | undefined {
    const removed = this.#anchored
      .chains()
      .find((chain) => !known.has(chain) && this.#retained.last(chain) < this.#anchored.last(chain));
    return removed === undefined ? undefined : { chain: removed, seq: 1, problem: 'cut' };
  }

  /** Returns the MAC before the first record to read, or undefined if unknown. */
  async #macBefore(chain: string, first: number, deleted: number): Promise<string | undefined> {
    if (first === 1) return '';
    if (first === deleted + 1) return this.#retained.macOf(chain, deleted);
    return (await this.#links(chain, first - 2, first - 1))[0]?.mac;
  }

  /** Returns a record after the current end: the chain may have grown since reading began. */
  async #appended(chain: string): Promise<AuditProblem | undefined> {
    const table =
      chain === formerChain
        ? "SELECT 'former' AS chain, seq FROM audit"
        : 'SELECT chain, seq FROM audit_block';
    const after = await this.#database.get<{ seq: number; counted: number }>(
      sql(
        `SELECT record.seq, counted.seq AS counted FROM (${table}) AS record JOIN audit_chain AS counted ON counted.chain = record.chain
         WHERE record.chain = ? AND record.seq > counted.seq ORDER BY record.seq LIMIT 1`,
        chain,
      ),
    );
    return after && { chain, seq: Number(after.counted) + 1, problem: 'appended' };
  }

  async #links(chain: string, after: number, last: number): Promise<Link[]> {
    if (chain === formerChain) {
      const rows = await this.#database.all<FormerRow>(
        sql('SELECT * FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?', after, last, pageSize),
      );
      return rows.map((row) => ({ ...row, mac: row.hash, holds: formerHash(row) === row.hash }));
    }
    const blocks = await this.#database.all(
      sql(
        `SELECT ${blockColumns} FROM audit_block AS block WHERE chain = ? AND seq > ? AND seq < ? ORDER BY seq LIMIT ${blocksAtOnce}`,
        chain,
        after,
        last + blockSize,
      ),
      blockRow,
    );
    const stored = await this.#termsOf(blocks);
    return blocks
      .flatMap((block) => this.#linksOf(block, stored.get(block.last) ?? new Set(), last))
      .filter(({ seq }) => seq > after && seq <= last);
  }

  /** Returns the terms by which these blocks are found. */
  async #termsOf(blocks: readonly AuditBlock[]): Promise<Map<number, Set<string>>> {
    const terms = new Map<number, Set<string>>();
    for (const some of pieces(blocks))
      for (const { term, block } of await this.#database.all(
        sql(
          `SELECT term, block FROM audit_term WHERE block IN (${marks(some.length)})`,
          ...some.map((block) => block.last),
        ),
        termRow,
      ))
        terms.set(block, (terms.get(block) ?? new Set()).add(term));
    return terms;
  }

  /** A block with another time or without the terms of a record hides it from searches. */
  #linksOf(block: AuditBlock, terms: ReadonlySet<string>, last: number): Link[] {
    const records = recordsOf(block);
    const first = block.seq - records.length + 1;
    if (first > last) return [];
    const genuine = records.map((record) => record.chain === block.chain && this.#seal.holds(record));
    const isDated = genuine.includes(false) || block.at === newestOf(records);
    return records.map((record, n) => ({
      // The text of a changed record may have any number.
      seq: genuine[n] ? record.seq : first + n,
      previous: record.previous,
      mac: record.mac,
      holds: genuine[n] === true && isDated && termsOf(record).every((term) => terms.has(term)),
    }));
  }

  /** Returns the first and last number of each chain between two times. */
  async ranges(from: number, to: number): Promise<Map<string, Range>> {
    const ends = await this.#database.all(
      sql(
        `SELECT chain, MIN(seq) AS first, MAX(seq) AS last FROM audit_block
         WHERE at >= ? AND at < CAST(? AS BIGINT) GROUP BY chain`,
        from,
        to + maxSpan,
      ),
      endsRow,
    );
    const within = ({ at }: StoredRecord) => at >= from && at < to;
    const ranges = new Map<string, Range>();
    for (const { chain, first, last } of ends) {
      const begins = await this.#find(chain, [first, last], 'ASC', within);
      const stops = await this.#find(chain, [first, last], 'DESC', within);
      if (begins && stops) ranges.set(chain, { first: begins.seq, last: stops.seq });
    }
    return ranges;
  }

  /** Returns the first record of a kind in blocks of a chain, from the one or the other end. */
  async #find(
    chain: string,
    [first, last]: readonly [number, number],
    direction: 'ASC' | 'DESC',
    isWanted: (record: StoredRecord) => boolean,
  ): Promise<StoredRecord | undefined> {
    for (let [from, to] = [first, last]; from <= to; ) {
      const block = await this.#database.get(
        sql(
          `SELECT ${blockColumns} FROM audit_block AS block
           WHERE chain = ? AND seq >= ? AND seq <= ? ORDER BY seq ${direction} LIMIT 1`,
          chain,
          from,
          to,
        ),
        blockRow,
      );
      if (!block) return undefined;
      const records = recordsOf(block);
      const found = direction === 'ASC' ? records.find(isWanted) : records.findLast(isWanted);
      if (found) return found;
      if (direction === 'ASC') from = block.seq + 1;
      else to = block.seq - 1;
    }
    return undefined;
  }

  /** Returns a record of a chain that is missing in `audit_chain`. */
  async uncountedChain(): Promise<AuditProblem | undefined> {
    const block = await this.#database.get(
      sql(
        `SELECT ${blockColumns} FROM audit_block AS block WHERE chain NOT IN (SELECT chain FROM audit_chain)
         ORDER BY chain, seq LIMIT 1`,
      ),
      blockRow,
    );
    return block && { chain: block.chain, seq: block.seq - recordsOf(block).length + 1, problem: 'appended' };
  }
}

/** Returns the last deleted record of each chain that retention records name. */
export const retainedHeads = (database: Database, seal: AuditSeal): Promise<NamedHeads> =>
  new Verifier(database, seal, []).retained();

/** The number of verified records so far, of at least this many. */
export interface VerifyProgress {
  records: number;
  of: number;
}

/** Verifies the whole audit log or a period: each MAC, each link, each chain end and each anchor. Yields its progress. */
export async function* verifyAudit(
  database: Database,
  seal: AuditSeal,
  { from, to, anchors = [] }: VerifyOptions = {},
): AsyncGenerator<VerifyProgress, AuditVerification> {
  const waiting = await database.get<{ n: number }>(sql('SELECT COUNT(*) AS n FROM audit_unsealed'));
  const unsealed = Number(waiting?.n ?? 0);
  const verifier = new Verifier(database, seal, anchors);
  const whole = from === undefined && to === undefined;
  const ranges = whole
    ? undefined
    : await verifier.ranges(from ?? 0, to ?? Number.MAX_SAFE_INTEGER - maxSpan);
  // Read before the chains, so that no chain is shorter than its anchors.
  await verifier.collectHeads();
  const chains = await database.all<ChainRow>(sql(`${chainsQuery} ORDER BY started_at, chain`));
  const result = (problem: AuditProblem | undefined): AuditVerification => ({
    chains: ranges?.size ?? chains.length,
    records: verifier.records,
    unsealed,
    ...(problem ? { problem } : {}),
  });
  if (await seal.isOfAnotherKey(database))
    return result({ chain: chains.at(-1)?.chain ?? '', seq: 1, problem: 'wrong-key' });
  const read = chains.filter(({ chain }) => !ranges || ranges.has(chain));
  const of = read.reduce((sum, chain) => sum + countIn(chain, ranges?.get(chain.chain)), 0);
  for (const chain of read) {
    const pages = verifier.verifyChain(chain, ranges?.get(chain.chain));
    let page = await pages.next();
    for (; !page.done; page = await pages.next()) yield { records: verifier.records, of };
    if (page.value) return result(page.value);
  }
  const uncounted = await verifier.uncountedChain();
  return result(uncounted ?? verifier.removedChain(new Set(chains.map(({ chain }) => chain))));
}
