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
  /** Null for those of before this was kept. */
  issuedAt: number | null;
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
  issued_at: number | null;
}

const fromRow = (row: CertificateRow): CertificateRecord => ({
  serial: row.serial,
  uid: row.uid,
  cardSerial: row.card_serial,
  purpose: row.purpose as CertificatePurpose,
  notBefore: row.not_before,
  notAfter: row.not_after,
  revokedAt: row.revoked_at,
  revocationReason: row.revocation_reason,
  issuedAt: row.issued_at,
});

const insertStatement = (record: CertificateRecord): Statement =>
  sql(
    `INSERT INTO certificate (serial, uid, card_serial, purpose, not_before, not_after, revoked_at, revocation_reason, issued_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    record.serial,
    record.uid,
    record.cardSerial,
    record.purpose,
    record.notBefore,
    record.notAfter,
    record.revokedAt,
    record.revocationReason,
    record.issuedAt,
  );

/** Which certificates were issued for which card, and which were revoked. */
export class CertificateRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The writes that put certificates on record. */
  addStatements(records: readonly CertificateRecord[]): Statement[] {
    return records.map(insertStatement);
  }

  async add(records: readonly CertificateRecord[]): Promise<void> {
    await this.#database.batch(this.addStatements(records));
  }

  /** The write that revokes every certificate of a card. */
  revokeStatement(cardSerial: string, reason: string, now: number): Statement {
    return sql(
      'UPDATE certificate SET revoked_at = ?, revocation_reason = ? WHERE card_serial = ? AND revoked_at IS NULL',
      now,
      reason,
      cardSerial,
    );
  }

  /** The authentication certificates of these cards, the latest last. */
  async ofCards(cardSerials: readonly string[]): Promise<CertificateRecord[]> {
    if (cardSerials.length === 0) return [];
    const rows = await this.#database.all<CertificateRow>(
      sql(
        `SELECT * FROM certificate WHERE purpose = 'authentication'
         AND card_serial IN (${cardSerials.map(() => '?').join(', ')})
         ORDER BY COALESCE(issued_at, not_before), not_after, serial`,
        ...cardSerials,
      ),
    );
    return rows.map(fromRow);
  }

  /** Every revoked certificate that has not ended before this time, by serial (RFC 5280 section 3.3: an expired one may leave the list). */
  async revoked(endedAfter: number): Promise<CertificateRecord[]> {
    const rows = await this.#database.all<CertificateRow>(
      sql(
        'SELECT * FROM certificate WHERE revoked_at IS NOT NULL AND not_after >= ? ORDER BY serial',
        endedAfter,
      ),
    );
    return rows.map(fromRow);
  }

  async find(serial: string): Promise<CertificateRecord | undefined> {
    const row = await this.#database.get<CertificateRow>(
      sql('SELECT * FROM certificate WHERE serial = ?', serial),
    );
    return row && fromRow(row);
  }

  /** The person that a card was issued to; undefined for a card without certificates. */
  async holderOf(cardSerial: string): Promise<string | undefined> {
    const row = await this.#database.get<{ uid: string }>(
      sql('SELECT uid FROM certificate WHERE card_serial = ? LIMIT 1', cardSerial),
    );
    return row?.uid;
  }
}
