import type { Clock } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, sql } from './database.ts';

/** One act that somebody answers for. Never a secret or a patient's demographics. */
export interface AuditEntry {
  actor: string;
  action: string;
  target: string;
  application?: string;
  outcome: 'ok' | 'refused' | 'failed';
  detail?: Record<string, string | number | boolean>;
}

export interface AuditRecord extends Required<AuditEntry> {
  seq: number;
  at: string;
  previous: string;
  hash: string;
}

interface AuditRow extends Omit<AuditRecord, 'detail'> {
  detail: string;
}

const hashOf = (record: Omit<AuditRow, 'hash'>): string =>
  sha256(
    JSON.stringify([
      record.seq,
      record.at,
      record.actor,
      record.action,
      record.target,
      record.application,
      record.outcome,
      record.detail,
      record.previous,
    ]),
  );

/** The audit log: a chain in which each record holds the hash of the one before, so that a change shows. */
export class AuditLog {
  readonly #database: Database;
  readonly #clock: Clock;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Adds a record; resolves when it is durable. */
  write(entry: AuditEntry): Promise<void> {
    const next = this.#writing.catch(() => undefined).then(() => this.#append(entry));
    this.#writing = next;
    return next;
  }

  async list(since = 0, limit = 1000): Promise<AuditRecord[]> {
    const rows = await this.#database.all<AuditRow>(
      sql('SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?', since, limit),
    );
    return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as AuditRecord['detail'] }));
  }

  /** The number of the first record that does not fit its predecessor; undefined when the chain holds. */
  async firstBreak(): Promise<number | undefined> {
    let previous = '';
    for (const row of await this.#database.all<AuditRow>(sql('SELECT * FROM audit ORDER BY seq'))) {
      if (row.previous !== previous || hashOf(row) !== row.hash) return row.seq;
      previous = row.hash;
    }
    return undefined;
  }

  async #append(entry: AuditEntry): Promise<void> {
    for (;;) {
      const last = await this.#database.get<{ seq: number; hash: string }>(
        sql('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1'),
      );
      const row = {
        seq: (last?.seq ?? 0) + 1,
        at: new Date(this.#clock.now()).toISOString(),
        actor: entry.actor,
        action: entry.action,
        target: entry.target,
        application: entry.application ?? '',
        outcome: entry.outcome,
        detail: JSON.stringify(entry.detail ?? {}),
        previous: last?.hash ?? '',
      };
      // Another process may have taken the number: then the chain is read again.
      const { changes } = await this.#database.run(
        sql(
          `INSERT INTO audit (seq, at, actor, action, target, application, outcome, detail, previous, hash)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (seq) DO NOTHING`,
          ...(Object.values(row) as (string | number)[]),
          hashOf(row),
        ),
      );
      if (changes === 1) return;
    }
  }
}
