import { createHmac } from 'node:crypto';
import { equalHashes, type Vault } from '@alongside/kernel/secrets';
import type { Database } from '../database.ts';
import { masterKeyState } from '../master-key-check.ts';
import { sealedText } from '../migrations/0033-audit-blocks.ts';
import type { SealedRecord, StoredRecord } from './blocks.ts';
import type { EncodedEntry, SealedSubject } from './entry.ts';

const subjectSeal = 'audit-subject';
/** The number of patients with remembered values: those of the calls of a few minutes. */
const mostSubjects = 1_000;

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

  holds({ text, mac }: Pick<StoredRecord, 'text' | 'mac'>): boolean {
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
  chained(
    head: { chain: string; seq: number; mac: string },
    entries: readonly EncodedEntry[],
  ): SealedRecord[] {
    const { chain } = head;
    let { seq, mac } = head;
    return entries.map((entry) => {
      seq += 1;
      const text = sealedText({ ...entry, chain, seq, previous: mac });
      mac = this.#macOf(text);
      return { seq, mac, text, entry };
    });
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
    if (this.#subjects.size >= mostSubjects) this.#subjects.clear();
    this.#subjects.set(nhsNumber, subject);
    return subject;
  }

  /** Throws if the encrypted number was changed or belongs to another key. */
  openSubject(sealed: string): string {
    return this.#vault.open(subjectSeal, sealed);
  }
}
