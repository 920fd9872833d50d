import { type Database, type Statement, seldom, sql } from '../../storage/database.ts';
import { integer, nullable, oneOf, type RowOf, row, text } from '../../storage/row.ts';
import { type RevocationReason, revocationReasons } from '../protocol.ts';
import { purposes } from './profiles.ts';

/** An issued certificate. Times in milliseconds. */
const certificateRow = row('certificate', {
  /** Hexadecimal, lower case. */
  serial: text,
  uid: text,
  cardSerial: text,
  purpose: oneOf(...purposes),
  notBefore: integer,
  notAfter: integer,
  revokedAt: nullable(integer),
  /** RFC 5280 section 5.3.1. */
  revocationReason: nullable(oneOf(...revocationReasons)),
  /** Null for certificates that were issued before this column existed. */
  issuedAt: nullable(integer),
  /** DER in base64, of a certificate whose key is at the signing service; null for those on cards. */
  der: nullable(text),
});
export type CertificateRecord = RowOf<typeof certificateRow>;
/** A certificate to store; those on cards have no `der`. */
export type NewCertificate = Omit<CertificateRecord, 'der'> & Partial<Pick<CertificateRecord, 'der'>>;

const holderRow = row('certificate', { uid: text });

const insertStatement = (record: NewCertificate, onConflict = ''): Statement =>
  sql(
    `INSERT INTO certificate (serial, uid, card_serial, purpose, not_before, not_after, revoked_at, revocation_reason, issued_at, der)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ${onConflict}`,
    record.serial,
    record.uid,
    record.cardSerial,
    record.purpose,
    record.notBefore,
    record.notAfter,
    record.revokedAt,
    record.revocationReason,
    record.issuedAt,
    record.der ?? null,
  );

/** The issued certificates and their revocation. */
export class CertificateRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  addStatements(records: readonly NewCertificate[]): Statement[] {
    return records.map((record) => insertStatement(record));
  }

  /** Returns the statements that import certificates. For existing ones, they add a revocation and never remove one. */
  importStatements(records: readonly NewCertificate[]): Statement[] {
    return records.map((record) =>
      insertStatement(
        record,
        `ON CONFLICT (serial) DO UPDATE SET revoked_at = excluded.revoked_at, revocation_reason = excluded.revocation_reason
         WHERE certificate.revoked_at IS NULL AND excluded.revoked_at IS NOT NULL`,
      ),
    );
  }

  async add(records: readonly NewCertificate[]): Promise<void> {
    await this.#database.batch(this.addStatements(records));
  }

  revokeStatement(cardSerial: string, reason: RevocationReason, now: number): Statement {
    return sql(
      'UPDATE certificate SET revoked_at = ?, revocation_reason = ? WHERE card_serial = ? AND revoked_at IS NULL',
      now,
      reason,
      cardSerial,
    );
  }

  revokeOneStatement(serial: string, reason: RevocationReason, now: number): Statement {
    return sql(
      'UPDATE certificate SET revoked_at = ?, revocation_reason = ? WHERE serial = ? AND revoked_at IS NULL',
      now,
      reason,
      serial,
    );
  }

  /** Returns the authentication certificates of these cards, the latest last. */
  ofCards(cardSerials: readonly string[]): Promise<CertificateRecord[]> {
    return this.#forCards(
      cardSerials,
      "AND purpose = 'authentication' ORDER BY COALESCE(issued_at, not_before), not_after, serial",
    );
  }

  /** Returns all certificates of these cards, by serial. */
  allOfCards(cardSerials: readonly string[]): Promise<CertificateRecord[]> {
    return this.#forCards(cardSerials, 'ORDER BY serial');
  }

  /** Returns the revoked certificates that expire at this time or later, by serial (RFC 5280 section 3.3: a CRL may omit others). */
  revoked(endedAfter: number): Promise<CertificateRecord[]> {
    return this.#all(
      sql(
        'SELECT * FROM certificate WHERE revoked_at IS NOT NULL AND not_after >= ? ORDER BY serial',
        endedAfter,
      ),
    );
  }

  find(serial: string): Promise<CertificateRecord | undefined> {
    const statement = seldom(sql('SELECT * FROM certificate WHERE serial = ?', serial), 'certificate');
    return this.#database.get(statement, certificateRow);
  }

  /** Returns the uid of the holder of a card; undefined for a card without certificates. */
  async holderOf(cardSerial: string): Promise<string | undefined> {
    const statement = sql('SELECT uid FROM certificate WHERE card_serial = ? LIMIT 1', cardSerial);
    return (await this.#database.get(statement, holderRow))?.uid;
  }

  async #forCards(cardSerials: readonly string[], rest: string): Promise<CertificateRecord[]> {
    if (cardSerials.length === 0) return [];
    const marks = cardSerials.map(() => '?').join(', ');
    return this.#all(
      sql(`SELECT * FROM certificate WHERE card_serial IN (${marks}) ${rest}`, ...cardSerials),
    );
  }

  #all(statement: Statement): Promise<CertificateRecord[]> {
    return this.#database.all(statement, certificateRow);
  }
}
