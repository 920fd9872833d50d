import { sha256 } from '@alongside/kernel/secrets';
import { type Database, type Statement, sql, type Value } from '../database.ts';
import { computed, integer, nullable, row } from '../row.ts';
import { blockColumns, blockRow, recordsOf } from './blocks.ts';
import { type AuditBody, type AuditRow, auditBodyOf, type Fact, factsIn } from './entry.ts';
import { blockSize, maxSpan, termsOf } from './seal.ts';

/** Name of the chain of earlier versions, with one row at a time. */
export const formerChain = 'former';

/** A record for readers. */
export interface AuditRecord extends Omit<AuditBody, 'detail' | 'sealedSubject'> {
  /** Increases over all chains; for paging. */
  seq: number;
  chain: string;
  /** Number within its chain. */
  chainSeq: number;
  at: string;
  actor: string;
  action: string;
  target: string;
  application: string;
  /** HMAC of the NHS number; empty if the act concerns no patient. */
  subject: string;
  outcome: string;
  detail: Record<string, Fact>;
  previous: string;
  hash: string;
}

/** Selects records. Texts must be equal. */
export interface AuditFilter {
  /** Only records after this number. */
  since?: number | undefined;
  /** Only records before this number. */
  before?: number | undefined;
  /** By number; `oldest` first by default. */
  order?: 'oldest' | 'newest' | undefined;
  /** Times in milliseconds; `to` is excluded. */
  from?: number | undefined;
  to?: number | undefined;
  actor?: string | undefined;
  action?: string | undefined;
  application?: string | undefined;
  /** HMAC of an NHS number. */
  subject?: string | undefined;
  outcome?: string | undefined;
  chain?: string | undefined;
  /** Maximum number of records of a page; 1,000 by default. */
  limit?: number | undefined;
}

const maxRecords = 1_000;
/** The number of blocks that one statement of a search reads. */
const minBlocks = 8;
const maxBlocks = 100;

export interface FormerRow {
  seq: number;
  at: string;
  actor: string;
  action: string;
  target: string;
  application: string;
  outcome: string;
  detail: string;
  previous: string;
  hash: string;
}

/** Returns the chain hash of earlier versions. */
export const formerHash = (row: FormerRow): string =>
  sha256(
    JSON.stringify([
      row.seq,
      row.at,
      row.actor,
      row.action,
      row.target,
      row.application,
      row.outcome,
      row.detail,
      row.previous,
    ]),
  );

const fromFormer = ({ detail, ...row }: FormerRow): AuditRecord => ({
  ...row,
  chain: formerChain,
  chainSeq: row.seq,
  subject: '',
  detail: factsIn(detail),
});

function fromRow(row: AuditRow): AuditRecord {
  const { detail = {}, target = '', sealedSubject: _, ...body } = auditBodyOf(row.body);
  return {
    ...body,
    seq: row.id,
    chain: row.chain,
    chainSeq: row.seq,
    at: new Date(row.at).toISOString(),
    actor: row.actor,
    action: row.action,
    target,
    application: row.application,
    subject: row.subject,
    outcome: row.outcome,
    detail,
    previous: row.previous,
    hash: row.mac,
  };
}

type Condition = readonly [text: string, value: Value | readonly Value[] | undefined];

function where(conditions: readonly Condition[]): { text: string; values: Value[] } {
  const set = conditions.filter(
    (condition): condition is [string, Value | Value[]] => condition[1] !== undefined,
  );
  return {
    text: set.map(([text]) => text).join(' AND '),
    values: set.flatMap(([, value]) => value),
  };
}

/** Returns the names of the filter members that are set, for the record of its use. */
export const filterNames = (filter: object): string =>
  Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
    .join(' ');

const direction = ({ order }: AuditFilter): string => (order === 'newest' ? 'DESC' : 'ASC');

const iso = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

/** Returns the statement that reads blocks which may have records of a filter, from one block to another. */
function blocksStatement(filter: AuditFilter, after: number, upTo: number, limit: number): Statement {
  const [term, ...others] = termsOf(filter);
  const key = term === undefined ? 'block.last' : 'term.block';
  const { text, values } = where([
    ['term.term = ?', term],
    [`${key} > ?`, after],
    [`${key} < ?`, upTo],
    ...others.map(
      (other) =>
        [
          'EXISTS (SELECT 1 FROM audit_term AS other WHERE other.term = ? AND other.block = block.last)',
          other,
        ] as const,
    ),
    ['block.at >= ?', filter.from],
    ['block.at < ?', filter.to === undefined ? undefined : filter.to + maxSpan],
    ['block.chain = ?', filter.chain],
  ]);
  // The term first: SQLite keeps the order of a CROSS JOIN.
  const from =
    term === undefined
      ? 'audit_block AS block WHERE'
      : 'audit_term AS term CROSS JOIN audit_block AS block WHERE block.last = term.block AND';
  return sql(
    `SELECT ${blockColumns} FROM ${from} ${text} ORDER BY ${key} ${direction(filter)} LIMIT ?`,
    ...values,
    limit,
  );
}

const matches = (record: AuditRow, filter: AuditFilter): boolean =>
  record.id > (filter.since ?? 0) &&
  record.id < (filter.before ?? Number.POSITIVE_INFINITY) &&
  record.at >= (filter.from ?? Number.NEGATIVE_INFINITY) &&
  record.at < (filter.to ?? Number.POSITIVE_INFINITY) &&
  (['actor', 'action', 'application', 'subject', 'outcome', 'chain'] as const).every(
    (name) => filter[name] === undefined || filter[name] === record[name],
  );

const periodRow = row('audit_block', {
  first: computed(nullable(integer)),
  last: computed(nullable(integer)),
});

/** Reads sealed records. */
export class AuditRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(filter: AuditFilter = {}): Promise<AuditRecord[]> {
    const limit = Math.min(filter.limit ?? maxRecords, maxRecords);
    const isNewestFirst = filter.order === 'newest';
    // Records of the former chain have the lowest numbers.
    const first = await (isNewestFirst ? this.#sealed(filter, limit) : this.#former(filter, limit));
    if (first.length === limit) return first;
    const left = limit - first.length;
    return [...first, ...(await (isNewestFirst ? this.#former(filter, left) : this.#sealed(filter, left)))];
  }

  async find(seq: number): Promise<AuditRecord | undefined> {
    return (await this.list({ since: seq - 1, before: seq + 1, limit: 1 }))[0];
  }

  async *pages(filter: AuditFilter): AsyncGenerator<AuditRecord[]> {
    for (let since = filter.since ?? 0; ; ) {
      const page = await this.list({ ...filter, since });
      const last = page.at(-1);
      if (!last) return;
      yield page;
      since = last.seq;
    }
  }

  /** Returns the encrypted NHS number of a record; undefined for a record without one. */
  async sealedSubject(seq: number): Promise<string | undefined> {
    const block = await this.#database.get(
      sql(`SELECT ${blockColumns} FROM audit_block AS block WHERE last >= ? ORDER BY last LIMIT 1`, seq),
      blockRow,
    );
    const record = block && recordsOf(block).find(({ id }) => id === seq);
    return record && auditBodyOf(record.body).sealedSubject;
  }

  async #sealed(filter: AuditFilter, limit: number): Promise<AuditRecord[]> {
    const found: AuditRecord[] = [];
    const isNewestFirst = filter.order === 'newest';
    const atOnce = Math.min(maxBlocks, Math.max(minBlocks, Math.ceil(limit / 4)));
    for (let [after, upTo] = await this.#endsOf(filter); found.length < limit; ) {
      const blocks = await this.#database.all(blocksStatement(filter, after, upTo, atOnce), blockRow);
      for (const block of blocks) {
        const records = recordsOf(block).filter((record) => matches(record, filter));
        found.push(...(isNewestFirst ? records.reverse() : records).map(fromRow));
      }
      const end = blocks.at(-1)?.last;
      if (end === undefined || blocks.length < atOnce) break;
      if (isNewestFirst) upTo = end;
      else after = end;
    }
    return found.slice(0, limit);
  }

  /** Returns the numbers of blocks between which all records of a filter are. */
  async #endsOf({ since = 0, before, from, to }: AuditFilter): Promise<[after: number, upTo: number]> {
    const upTo = before === undefined ? Number.MAX_SAFE_INTEGER : before + blockSize;
    if (from === undefined && to === undefined) return [since, upTo];
    // Only the index by time answers `+ 0`.
    const period = await this.#database.get(
      sql(
        `SELECT MIN(last + 0) AS first, MAX(last + 0) AS last FROM audit_block
         WHERE at >= ? AND at < CAST(? AS BIGINT)`,
        from ?? 0,
        to === undefined ? Number.MAX_SAFE_INTEGER : to + maxSpan,
      ),
      periodRow,
    );
    return [Math.max(since, (period?.first ?? 0) - 1), Math.min(upTo, (period?.last ?? 0) + 1)];
  }

  async #former(filter: AuditFilter, limit: number): Promise<AuditRecord[]> {
    if (filter.subject !== undefined || (filter.chain ?? formerChain) !== formerChain) return [];
    const { text, values } = where([
      ['seq > ?', filter.since ?? 0],
      ['seq < ?', filter.before],
      ['at >= ?', iso(filter.from)],
      ['at < ?', iso(filter.to)],
      ['actor = ?', filter.actor],
      ['application = ?', filter.application],
      ['action = ?', filter.action],
      ['outcome = ?', filter.outcome],
    ]);
    const rows = await this.#database.all<FormerRow>(
      sql(`SELECT * FROM audit WHERE ${text} ORDER BY seq ${direction(filter)} LIMIT ?`, ...values, limit),
    );
    return rows.map(fromFormer);
  }
}
