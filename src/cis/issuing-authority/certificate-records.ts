import { type Database, type Statement, sql } from '../../storage/database.ts';
import type { CertificatePurpose } from './policies.ts';

/** A certificate as CIS has it on record. Times in milliseconds. */
export interface CertificateRecord {
  /** Hexadecimal, lower case. */
  serial: string;
  uid: string;
  cardSerial: string;
  purpose: CertificatePurpose;
  notBefore: number;
  notAfter: number;
  revokedAt: number | null;
  /** RFC 5280 section 5.3.1. */
  revocationReason: string | null;
}

interface CertificateRow {
  serial: string;
  uid: string;
  card_serial: string;
  purpose: string;
  not_before: number;
  not_after: number;
  revoked_at: number | null;
  revocation_reason: string | null;
}

const insert = (record: CertificateRecord): Statement =>
  sql(
    `INSERT INTO certificate (serial, uid, card_serial, purpose, not_before, not_after, revoked_at, revocation_reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    record.serial,
    record.uid,
    record.cardSerial,
    record.purpose,
    record.notBefore,
    record.notAfter,
    record.revokedAt,
    record.revocationReason,
  );

/** Which certificates were issued for which card, and which were revoked. */
export class CertificateRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(records: readonly CertificateRecord[]): Promise<void> {
    await this.#database.batch(records.map(insert));
  }

  async find(serial: string): Promise<CertificateRecord | undefined> {
    const row = await this.#database.get<CertificateRow>(
      sql('SELECT * FROM certificate WHERE serial = ?', serial),
    );
    return (
      row && {
        serial: row.serial,
        uid: row.uid,
        cardSerial: row.card_serial,
        purpose: row.purpose as CertificatePurpose,
        notBefore: row.not_before,
        notAfter: row.not_after,
        revokedAt: row.revoked_at,
        revocationReason: row.revocation_reason,
      }
    );
  }

  /** The person that a card was issued to; undefined for a card without certificates. */
  async holderOf(cardSerial: string): Promise<string | undefined> {
    const row = await this.#database.get<{ uid: string }>(
      sql('SELECT uid FROM certificate WHERE card_serial = ? LIMIT 1', cardSerial),
    );
    return row?.uid;
  }
}
