import { createHmac } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { equalHashes, type Vault } from '@alongside/kernel/secrets';
import { type Database, type Statement, sql } from '../database.ts';
import { masterKeyState } from '../master-key-check.ts';
import type { EncodedEntry, SealedSubject } from './entry.ts';

/** Maximum number of records of a block. */
export const blockSize = 64;
/** The times of the records of a block are within this many milliseconds. */
export const maxSpan = 60_000;

/** A record as its MAC covers it. */
export interface SealedFields {
  chain: string;
  seq: number;
  at: number;
  previous: string;
  action: string;
  outcome: string;
  actor: string;
  application: string;
  subject: string;
  body: string;
}

/** Returns the text that the MAC of a record covers: it binds the record to its position in its chain and to the record before. */
export const sealedText = (record: SealedFields): string =>
  JSON.stringify([
    record.chain,
    record.seq,
    record.at,
    record.previous,
    record.action,
    record.outcome,
    record.actor,
    record.application,
    record.subject,
    record.body,
  ]);

/** Actions that sign-ins, token requests and API calls write: most records have one of these, so a search finds them without a term. */
const frequentActions: ReadonlySet<string> = new Set([
  'cis.sign-in',
  'cis.role-chosen',
  'cis.session-ended',
  'cis2.sign-in',
  'cis2.signed-in-again',
  'cis2.code-issued',
  'cis2.tokens-issued',
  'cis2.tokens-refreshed',
  'cis2.session-ended',
  'authorisation.code-issued',
  'authorisation.tokens-issued',
  'authorisation.tokens-refreshed',
  'authorisation.tokens-revoked',
  'api.called',
  'patient.read',
  'patient.searched',
  'patient.changed',
]);

type Terms = Partial<Pick<SealedFields, 'subject' | 'actor' | 'action' | 'outcome' | 'application'>>;

/** Returns the terms by which the block of a record is found, those of the fewest records first. */
export function termsOf({ subject, actor, action, outcome, application }: Terms): string[] {
  const terms: string[] = [];
  if (subject) terms.push(`subject ${subject}`);
  if (actor) terms.push(`actor ${actor}`);
  if (action && !frequentActions.has(action)) terms.push(`action ${action}`);
  if (outcome && outcome !== 'ok') terms.push(`outcome ${outcome}`);
  if (application) terms.push(`application ${application}`);
  return terms;
}

/** Splits records of a chain into blocks. */
export function blocksOf<R>(records: readonly R[], at: (record: R) => number): R[][] {
  const blocks: R[][] = [];
  let [oldest, newest] = [0, 0];
  for (const record of records) {
    const time = at(record);
    const block = blocks.at(-1);
    if (block && block.length < blockSize && Math.max(newest, time) - Math.min(oldest, time) < maxSpan) {
      block.push(record);
      oldest = Math.min(oldest, time);
      newest = Math.max(newest, time);
    } else {
      blocks.push([record]);
      oldest = time;
      newest = time;
    }
  }
  return blocks;
}

/** A record with its MAC, ready to be stored. */
export interface SealedRecord {
  seq: number;
  mac: string;
  /** The text that its MAC covers. */
  text: string;
  entry: EncodedEntry;
}

/** The end of a chain: the number and the MAC of its last record, 0 and empty without one. */
export interface ChainEnd {
  readonly chain: string;
  readonly seq: number;
  readonly mac: string;
}

/** Records with their seals, and where their chain ends with them. */
export interface Chained {
  readonly records: readonly SealedRecord[];
  readonly end: ChainEnd;
}

const subjectSeal = 'audit-subject';
/** The number of patients with remembered values: those of the calls of a few minutes. */
const maxSubjects = 1_000;

/** The keys of the audit log, derived from the master key. */
export class AuditSeal {
  readonly #vault: Vault;
  readonly #key: Buffer;
  readonly #subjects = new Map<string, SealedSubject>();

  constructor(vault: Vault) {
    this.#vault = vault;
    this.#key = vault.derive('audit');
  }

  #macOf(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }

  holds({ text, mac }: Pick<SealedRecord, 'text' | 'mac'>): boolean {
    return equalHashes(this.#macOf(text), mac);
  }

  entryMac(chain: string, entry: string): string {
    return this.#macOf(JSON.stringify(['entry', chain, entry]));
  }

  headsMac(heads: string): string {
    return this.#macOf(JSON.stringify(['heads', heads]));
  }

  holdsHeads(heads: string, mac: string): boolean {
    return equalHashes(this.headsMac(heads), mac);
  }

  /** Appends these entries to a chain. */
  chained({ chain, ...last }: ChainEnd, entries: readonly EncodedEntry[]): Chained {
    let { seq, mac } = last;
    const records = entries.map((entry) => {
      seq += 1;
      const text = sealedText({ ...entry, chain, seq, previous: mac });
      mac = this.#macOf(text);
      return { seq, mac, text, entry };
    });
    return { records, end: { chain, seq, mac } };
  }

  /** Returns whether this database is bound to another master key. */
  async isOfAnotherKey(database: Database): Promise<boolean> {
    return (await masterKeyState(database, this.#vault)) === 'wrong';
  }

  /** Patients are usually read several times in a row. */
  subject(nhsNumber: string): SealedSubject {
    const known = this.#subjects.get(nhsNumber);
    if (known) return known;
    const subject = {
      hmac: createHmac('sha256', this.#vault.derive('audit-subject-index'))
        .update(nhsNumber)
        .digest('base64url'),
      sealed: this.#vault.seal(subjectSeal, nhsNumber),
    };
    if (this.#subjects.size >= maxSubjects) this.#subjects.clear();
    this.#subjects.set(nhsNumber, subject);
    return subject;
  }

  /** Throws if the encrypted number was changed or belongs to another key. */
  openSubject(sealed: string): string {
    return this.#vault.open(subjectSeal, sealed);
  }
}

/** Returns the time of the newest record. */
export const newestOf = (records: readonly { readonly at: number }[]): number =>
  records.reduce((newest, { at }) => Math.max(newest, at), 0);

/** A block as it is stored, with its terms. */
export interface NewBlock {
  size: number;
  /** Its chain, the number of its last record there, the time of its newest record, and its lines. */
  values: [chain: string, seq: number, at: number, records: string];
  terms: string[];
}

const newBlock = (chain: string, records: readonly SealedRecord[]): NewBlock => ({
  size: records.length,
  values: [
    chain,
    records.at(-1)?.seq ?? 0,
    newestOf(records.map(({ entry }) => entry)),
    records.map(({ mac, text: covered }) => mac + covered).join('\n'),
  ],
  terms: [...new Set(records.flatMap(({ entry }) => termsOf(entry)))],
});

/** Splits sealed records of a chain into blocks. */
export const newBlocks = (chain: string, records: readonly SealedRecord[]): NewBlock[] =>
  blocksOf(records, ({ entry }) => entry.at).map((some) => newBlock(chain, some));

/** Returns the statement that moves the end of an open chain. It changes no row if another process moved or closed it. */
export function moveStatement(from: ChainEnd, to: ChainEnd, clock: Clock): Statement {
  const { chain } = from;
  if (from.seq === 0)
    return sql(
      'INSERT INTO audit_chain (chain, started_at, seq, mac) VALUES (?, ?, ?, ?) ON CONFLICT (chain) DO NOTHING',
      chain,
      clock.now(),
      to.seq,
      to.mac,
    );
  return sql(
    'UPDATE audit_chain SET seq = ?, mac = ? WHERE chain = ? AND seq = ? AND closed_at IS NULL',
    to.seq,
    to.mac,
    chain,
    from.seq,
  );
}
