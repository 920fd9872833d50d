import { readFile, rm, writeFile } from 'node:fs/promises';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { jsonOrUndefined } from '@alongside/kernel/json';
import type { Log } from '@alongside/kernel/log';
import { isMissing } from '@alongside/kernel/operator';
import { renameSafely } from '@alongside/kernel/rename';
import { z } from 'zod';
import { marks, pieces } from '../batches.ts';
import { type Database, type Statement, sql } from '../database.ts';
import { integer, row, text } from '../row.ts';
import type { ChainHead } from './entry.ts';
import type { AuditSeal } from './seal.ts';
import { type AuditProblem, retainedHeads } from './verify.ts';

/** The ends of the newest chains at a time. Anchors link the older chains to these. */
const headsShape = z.object({
  at: z.number(),
  /** Time from which ends were stored without a gap. */
  since: z.number(),
  /** Time of the last restore, which may have made chains shorter; 0 without one. */
  restoredAt: z.number(),
  heads: z.array(z.tuple([z.string(), z.number(), z.string()]).readonly()),
});
type Heads = z.infer<typeof headsShape>;
const signed = z.tuple([z.string(), z.string()]);

/** Heads where they are stored: `changed` if their MAC does not hold. */
type Stored = Heads | 'missing' | 'changed';

const setting = 'audit.heads';
/** Maximum number of chains. Each start of a process begins one. */
const maxChains = 200;

const chainRow = row('audit_chain', { chain: text, seq: integer, mac: text });
const settingRow = row('setting', { value: text });

/** How the stored heads relate to the audit log. */
export interface HeadsFound {
  heads: readonly ChainHead[];
  problem?: AuditProblem;
  /** ISO times between which heads were stored, and of those outside the database; undefined without them. */
  provenSince?: string;
  provenUntil?: string;
}

const problemOf = (problem: AuditProblem['problem']): AuditProblem => ({ chain: '', seq: 0, problem });

/**
 * Stores the ends of the chains under a MAC outside the tables of the audit log, once a minute and at the end of a process: in a
 * setting, and in a file beside the master key. Someone who may write to the database cannot make them, and cannot change the file.
 */
export class StoredHeads {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #seal: AuditSeal;
  readonly #file: string | undefined;
  readonly #log: Log;
  /** As this process last stored them. */
  #last: Heads | undefined;
  /** The last call of `keep`: two at once would share the draft of the file. */
  #keeping: Promise<void> = Promise.resolve();

  constructor(database: Database, clock: Clock, seal: AuditSeal, file: string | undefined, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#seal = seal;
    this.#file = file;
    this.#log = log;
  }

  /**
   * Stores the heads, unless the log is shorter than stored ones: those are the evidence.
   * @param inDatabase whether the setting is written too; one process does this for all
   */
  keep(inDatabase: boolean): Promise<void> {
    const kept = this.#keeping.then(() => this.#keepNow(inDatabase));
    this.#keeping = kept.catch(() => undefined);
    return kept;
  }

  async #keepNow(inDatabase: boolean): Promise<void> {
    const [setting, file] = [await this.#ofSetting(), await this.#ofFile()];
    const isNew = setting === 'missing' && file === 'missing' && this.#last === undefined;
    const known = current(setting, file, this.#last);
    if (known === 'changed' || (known.length === 0 && !isNew) || !(await this.#continues(known))) {
      this.#log.error(
        {},
        'the audit log is shorter than its stored heads, or these were changed: run alongside audit verify',
      );
      return;
    }
    const restoredAt = Math.max(0, ...known.map((heads) => heads.restoredAt));
    const now = this.#clock.now();
    const since = Math.min(now, ...known.map((heads) => heads.since));
    const heads: Heads = { at: now, since, restoredAt, heads: await this.#newest() };
    this.#last = heads;
    if ((inDatabase || isNew) && differs(setting, heads))
      await this.#database.batch([this.#settingStatement(heads)], { lazy: true });
    if (differs(file, heads)) await this.#writeFile(heads);
  }

  /** Stores the heads after a restore, which may have made the log shorter. The file follows at the next start. */
  async restored(): Promise<void> {
    const now = this.#clock.now();
    const heads = { at: now, since: now, restoredAt: now, heads: await this.#newest() };
    await this.#database.batch([this.#settingStatement(heads)]);
  }

  /** Returns the heads to verify. */
  async find(): Promise<HeadsFound> {
    const [setting, file] = [await this.#ofSetting(), await this.#ofFile()];
    if (setting === 'changed' || file === 'changed')
      return { heads: [], problem: problemOf('heads-changed') };
    if (setting === 'missing')
      return file === 'missing' ? { heads: [] } : { heads: file.heads, problem: problemOf('heads-missing') };
    if (file === 'missing' || file.at < setting.restoredAt) return { heads: setting.heads };
    return {
      heads: [...setting.heads, ...file.heads],
      provenSince: new Date(file.since).toISOString(),
      provenUntil: new Date(file.at).toISOString(),
    };
  }

  /** Returns whether each chain still has its known end, unless retention deleted that. */
  async #continues(known: readonly Heads[]): Promise<boolean> {
    const heads = known.flatMap((one) => one.heads);
    const chains = new Map<string, { seq: number; mac: string }>();
    for (const some of pieces([...new Set(heads.map(([chain]) => chain))]))
      for (const found of await this.#database.all(
        sql(`SELECT chain, seq, mac FROM audit_chain WHERE chain IN (${marks(some.length)})`, ...some),
        chainRow,
      ))
        chains.set(found.chain, found);
    const lost = heads.filter(([chain, seq, mac]) => {
      const end = chains.get(chain);
      return end === undefined || end.seq < seq || (end.seq === seq && end.mac !== mac);
    });
    if (lost.length === 0) return true;
    const retained = await retainedHeads(this.#database, this.#seal);
    return lost.every(([chain, seq]) => !chains.has(chain) && retained.last(chain) >= seq);
  }

  async #newest(): Promise<ChainHead[]> {
    const chains = await this.#database.all(
      sql(
        `SELECT chain, seq, mac FROM audit_chain WHERE seq > deleted ORDER BY started_at DESC, chain LIMIT ${maxChains}`,
      ),
      chainRow,
    );
    return chains.map(({ chain, seq, mac }) => [chain, seq, mac]);
  }

  async #ofSetting(): Promise<Stored> {
    const stored = await this.#database.get(
      sql('SELECT value FROM setting WHERE name = ?', setting),
      settingRow,
    );
    return stored ? this.#opened(stored.value) : 'missing';
  }

  async #ofFile(): Promise<Stored> {
    if (this.#file === undefined) return 'missing';
    try {
      return this.#opened(await readFile(this.#file, 'utf8'));
    } catch (error) {
      if (!isMissing(error))
        this.#log.warn(
          { file: this.#file, reason: reasonOf(error) },
          'the heads of the audit log cannot be read',
        );
      return 'missing';
    }
  }

  #opened(stored: string): Stored {
    const { data: [covered, mac] = ['', ''] } = signed.safeParse(jsonOrUndefined(stored));
    const { data } = headsShape.safeParse(jsonOrUndefined(covered));
    return data && this.#seal.holdsHeads(covered, mac) ? data : 'changed';
  }

  #signed(heads: Heads): string {
    const covered = JSON.stringify(heads);
    return JSON.stringify([covered, this.#seal.headsMac(covered)]);
  }

  #settingStatement(heads: Heads): Statement {
    return sql(
      'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      setting,
      this.#signed(heads),
    );
  }

  /** A file that cannot be written must not stop the instance: `verify` then reports that it has none. */
  async #writeFile(heads: Heads): Promise<void> {
    if (this.#file === undefined) return;
    const draft = `${this.#file}.${process.pid}`;
    try {
      await writeFile(draft, `${this.#signed(heads)}\n`, { mode: 0o600 });
      await renameSafely(draft, this.#file);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      this.#log.warn(
        { file: this.#file, reason: reasonOf(error) },
        'the heads of the audit log cannot be written',
      );
    }
  }
}

/** Returns the heads that count: those from before the last restore do not. */
function current(setting: Stored, file: Stored, last: Heads | undefined): readonly Heads[] | 'changed' {
  if (setting === 'changed' || file === 'changed') return 'changed';
  if (setting === 'missing') return [];
  const others = [file === 'missing' ? [] : file, last ?? []].flat();
  return [setting, ...others.filter(({ at }) => at >= setting.restoredAt)];
}

const differs = (stored: Stored, { heads, restoredAt }: Heads): boolean =>
  typeof stored === 'string' ||
  stored.restoredAt !== restoredAt ||
  JSON.stringify(stored.heads) !== JSON.stringify(heads);
