import { type Database, sql } from '../database.ts';
import { type AuditRow, auditBodyOf, auditWriter, type ChainHead } from './entry.ts';
import { type FormerRow, formerChain, formerHash } from './records.ts';
import type { AuditSeal } from './seal.ts';

/** The first record that was changed. */
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
    | 'not-anchored';
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
};

export interface AuditVerification {
  chains: number;
  records: number;
  /** Number of records that are not sealed yet. */
  unsealed: number;
  problem?: AuditProblem;
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

const pageSize = 1_000;

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

  /** Reads anchors and retention records before verifying the records. */
  async collectHeads(): Promise<void> {
    for (let id = 0, page = pageSize; page === pageSize; ) {
      const rows = await this.#database.all<AuditRow>(
        sql(
          `SELECT * FROM audit_record WHERE actor <> '' AND actor = ? AND action IN ('audit.anchored', 'audit.retained')
           AND id > ? ORDER BY id LIMIT ?`,
          ...[auditWriter, id, pageSize],
        ),
      );
      for (const row of rows.filter((row) => this.#seal.holds(row))) {
        const heads = row.action === 'audit.anchored' ? this.#anchored : this.#retained;
        for (const head of auditBodyOf(row.body).heads ?? []) heads.add(head);
      }
      page = rows.length;
      id = rows.at(-1)?.id ?? id;
    }
  }

  /**
   * Yields after each page.
   * @param range the records to read; the whole chain by default
   */
  async *verifyChain(
    { chain, seq: counted, mac, deleted }: ChainRow,
    range?: Range,
  ): AsyncGenerator<void, AuditProblem | undefined> {
    const found = (seq: number, problem: AuditProblem['problem']): AuditProblem => ({ chain, seq, problem });
    const first = Math.max(range?.first ?? 1, deleted + 1);
    const last = Math.min(range?.last ?? counted, counted);
    let { seq, previous } = { seq: first - 1, previous: await this.#macBefore(chain, first, deleted) };
    if (previous === undefined) return found(seq, seq === deleted ? 'deleted' : 'missing');
    for (let page = pageSize; page === pageSize && seq < last; ) {
      const links = await this.#links(chain, seq, last);
      for (const link of links) {
        this.records += 1;
        if (link.seq !== seq + 1) return found(seq + 1, 'missing');
        if (!link.holds) return found(link.seq, 'changed');
        if (link.previous !== previous) return found(link.seq, 'not-linked');
        if ((this.#anchored.macOf(chain, link.seq) ?? link.mac) !== link.mac)
          return found(link.seq, 'not-anchored');
        seq = link.seq;
        previous = link.mac;
      }
      page = links.length;
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
        : 'SELECT chain, seq FROM audit_record';
    const row = await this.#database.get<{ seq: number | null }>(
      sql(
        `SELECT MIN(record.seq) AS seq FROM (${table}) AS record
         WHERE record.chain = ? AND record.seq > (SELECT seq FROM audit_chain WHERE chain = ?)`,
        ...[chain, chain],
      ),
    );
    return row?.seq ? { chain, seq: Number(row.seq), problem: 'appended' } : undefined;
  }

  async #links(chain: string, after: number, last: number): Promise<Link[]> {
    const page = [after, last, pageSize];
    if (chain === formerChain) {
      const rows = await this.#database.all<FormerRow>(
        sql('SELECT * FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?', ...page),
      );
      return rows.map((row) => ({ ...row, mac: row.hash, holds: formerHash(row) === row.hash }));
    }
    const rows = await this.#database.all<AuditRow>(
      sql(
        'SELECT * FROM audit_record WHERE chain = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
        ...[chain, ...page],
      ),
    );
    return rows.map((row) => ({ ...row, holds: this.#seal.holds(row) }));
  }
}

/** Returns the first and last number of each chain between two times. */
async function rangesOf(database: Database, from: number, to: number): Promise<Map<string, Range>> {
  const rows = await database.all<{ chain: string; first: number; last: number }>(
    sql(
      'SELECT chain, MIN(seq) AS first, MAX(seq) AS last FROM audit_record WHERE at >= ? AND at < ? GROUP BY chain',
      ...[from, to],
    ),
  );
  return new Map(rows.map(({ chain, first, last }) => [chain, { first, last }]));
}

/** Returns a chain that is missing in `audit_chain`. */
async function uncountedChain(database: Database): Promise<AuditProblem | undefined> {
  const row = await database.get<{ chain: string; seq: number }>(
    sql(
      `SELECT chain, MIN(seq) AS seq FROM audit_record WHERE chain NOT IN (SELECT chain FROM audit_chain)
       GROUP BY chain LIMIT 1`,
    ),
  );
  return row && { chain: row.chain, seq: Number(row.seq), problem: 'appended' };
}

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
  const ranges = whole ? undefined : await rangesOf(database, from ?? 0, to ?? Number.MAX_SAFE_INTEGER);
  // Read before the chains, so that no chain is shorter than its anchors.
  await verifier.collectHeads();
  const chains = await database.all<ChainRow>(
    sql('SELECT chain, seq, mac, deleted FROM audit_chain ORDER BY started_at, chain'),
  );
  const result = (problem: AuditProblem | undefined): AuditVerification => ({
    ...{ chains: ranges?.size ?? chains.length, records: verifier.records, unsealed },
    ...(problem ? { problem } : {}),
  });
  if (await seal.isOfAnotherKey(database))
    return result({ chain: chains.at(-1)?.chain ?? '', seq: 1, problem: 'wrong-key' });
  const of = ranges
    ? [...ranges.values()].reduce((sum, { first, last }) => sum + last - first + 1, 0)
    : chains.reduce((sum, { seq, deleted }) => sum + Number(seq) - Number(deleted), 0);
  for (const chain of chains) {
    const range = ranges?.get(chain.chain);
    if (ranges && !range) continue;
    const pages = verifier.verifyChain(chain, range);
    let page = await pages.next();
    for (; !page.done; page = await pages.next()) yield { records: verifier.records, of };
    if (page.value) return result(page.value);
  }
  const uncounted = await uncountedChain(database);
  return result(uncounted ?? verifier.removedChain(new Set(chains.map(({ chain }) => chain))));
}
