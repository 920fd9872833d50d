import { sha256 } from '@alongside/kernel/secrets';
import { type Database, sql, type Value } from '../database.ts';
import { seldomAction } from '../migrations/0029-audit-searches.ts';
import { type AuditBody, type AuditRow, auditBodyOf, type Fact, factsIn } from './entry.ts';

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

const mostRecords = 1_000;

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
      ...[row.seq, row.at, row.actor, row.action, row.target, row.application, row.outcome],
      ...[row.detail, row.previous],
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

const isSeldom = (action: string): boolean => !seldomAction.includes(`'${action}'`);

const direction = ({ order }: AuditFilter): string => (order === 'newest' ? 'DESC' : 'ASC');

const iso = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

/**
 * Conditions on the numbers of a period, beside those on its times: a search from the newest record begins at the end of the period,
 * and ends at its start. `+ 0`: only the index by time answers this.
 */
function periodOf({ order, from, to }: AuditFilter): Condition[] {
  if (order !== 'newest' || from === undefined) return [];
  const until = to ?? Number.MAX_SAFE_INTEGER;
  const within = (which: string) =>
    `(SELECT ${which}(id + 0) FROM audit_record WHERE at >= ? AND at < CAST(? AS BIGINT))`;
  return [
    [`id >= ${within('MIN')}`, [from, until]],
    ...(to === undefined ? [] : [[`id <= ${within('MAX')}`, [from, until]] as const]),
  ];
}

/** Reads sealed records. */
export class AuditRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(filter: AuditFilter = {}): Promise<AuditRecord[]> {
    const limit = Math.min(filter.limit ?? mostRecords, mostRecords);
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

  /** Returns all pages in order. */
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
    const row = await this.#database.get<AuditRow>(sql('SELECT * FROM audit_record WHERE id = ?', seq));
    return row && auditBodyOf(row.body).sealedSubject;
  }

  async #sealed(filter: AuditFilter, limit: number): Promise<AuditRecord[]> {
    const { text, values } = where([
      ['id > ?', filter.since ?? 0],
      ['id < ?', filter.before],
      ['at >= ?', filter.from],
      ...periodOf(filter),
      ['at < ?', filter.to],
      // Literals, so that the partial indexes are used.
      [
        filter.action !== undefined && isSeldom(filter.action)
          ? `${seldomAction} AND action = ?`
          : 'action = ?',
        filter.action,
      ],
      [(filter.outcome ?? 'ok') === 'ok' ? 'outcome = ?' : "outcome <> 'ok' AND outcome = ?", filter.outcome],
      ["actor <> '' AND actor = ?", filter.actor],
      ["application <> '' AND application = ?", filter.application],
      ["subject <> '' AND subject = ?", filter.subject],
      ['chain = ?', filter.chain],
    ]);
    const rows = await this.#database.all<AuditRow>(
      sql(
        `SELECT * FROM audit_record WHERE ${text} ORDER BY id ${direction(filter)} LIMIT ?`,
        ...values,
        limit,
      ),
    );
    return rows.map(fromRow);
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
