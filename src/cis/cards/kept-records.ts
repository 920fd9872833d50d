import { type Database, type Statement, sql } from '../../storage/database.ts';
import type { KeptCard, PinState, RevocationReason } from '../protocol.ts';
import { groundStatement } from '../sessions/grounds.ts';
import type { CardRow } from './card-row.ts';

interface CertificateRow {
  serial: string;
  card_serial: string;
  purpose: KeptCard['issued'][number]['purpose'];
  not_before: number;
  not_after: number;
  revoked_at: number | null;
  revocation_reason: RevocationReason | null;
  issued_at: number | null;
}

const numberOf = (value: number | null): number | null => (value === null ? null : Number(value));

const keptOf = (row: CardRow, issued: readonly CertificateRow[]): KeptCard => ({
  serial: row.serial,
  uid: row.uid,
  state: row.state,
  pin: row.pin as PinState,
  issuedLocked: Number(row.issued_locked) !== 0,
  orderedBy: row.ordered_by,
  replaces: row.replaces,
  renewalUntil: numberOf(row.renewal_until),
  createdAt: Number(row.created_at),
  issued: issued.map((one) => ({
    serial: one.serial,
    purpose: one.purpose,
    notBefore: Number(one.not_before),
    notAfter: Number(one.not_after),
    revokedAt: numberOf(one.revoked_at),
    revocationReason: one.revocation_reason,
    issuedAt: numberOf(one.issued_at),
  })),
});

/** A certificate as it was; of one that is on record here already, a revocation is added and never taken back. */
const keepStatement = (card: KeptCard, one: KeptCard['issued'][number]): Statement =>
  sql(
    `INSERT INTO certificate (serial, uid, card_serial, purpose, not_before, not_after, revoked_at, revocation_reason, issued_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (serial) DO UPDATE SET revoked_at = excluded.revoked_at, revocation_reason = excluded.revocation_reason
     WHERE certificate.revoked_at IS NULL AND excluded.revoked_at IS NOT NULL`,
    one.serial,
    card.uid,
    card.serial,
    one.purpose,
    one.notBefore,
    one.notAfter,
    one.revokedAt,
    one.revocationReason,
    one.issuedAt,
  );

/** The cards as an export carries them from one installation to another: their life, not their secrets. */
export class KeptRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** By serial, those after this one, at most so many. */
  async list(after: string, limit: number): Promise<KeptCard[]> {
    const rows = await this.#database.all<CardRow>(
      sql('SELECT * FROM card WHERE serial > ? ORDER BY serial LIMIT ?', after, limit),
    );
    if (rows.length === 0) return [];
    const certificates = await this.#database.all<CertificateRow>(
      sql(
        `SELECT * FROM certificate WHERE card_serial IN (${rows.map(() => '?').join(', ')}) ORDER BY serial`,
        ...rows.map(({ serial }) => serial),
      ),
    );
    return rows.map((row) =>
      keptOf(
        row,
        certificates.filter(({ card_serial: serial }) => serial === row.serial),
      ),
    );
  }

  /** Makes a card what it was. Its unblocking code, where it is here, stays; what an unlock had begun does not. */
  async put(card: KeptCard): Promise<void> {
    await this.#database.batch([
      sql(
        `INSERT INTO card (serial, uid, state, pin, issued_locked, ordered_by, replaces, renewal_until, unlock_attempts, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
         ON CONFLICT (serial) DO UPDATE SET uid = excluded.uid, state = excluded.state, pin = excluded.pin,
           issued_locked = excluded.issued_locked, ordered_by = excluded.ordered_by, replaces = excluded.replaces,
           renewal_until = excluded.renewal_until, unlock_round = NULL, unlock_attempts = 0,
           created_at = excluded.created_at,
           unblocking_sealed = CASE WHEN card.uid = excluded.uid THEN card.unblocking_sealed END`,
        card.serial,
        card.uid,
        card.state,
        card.pin,
        card.issuedLocked ? 1 : 0,
        card.orderedBy,
        card.replaces,
        card.renewalUntil,
        card.createdAt,
      ),
      ...card.issued.map((one) => keepStatement(card, one)),
      groundStatement('card_serial', card.serial),
    ]);
  }

  /** Forgets a card. Its certificates stay on record, so that one that was revoked stays revoked. */
  async remove(serial: string): Promise<void> {
    await this.#database.run(sql('DELETE FROM card WHERE serial = ?', serial));
  }
}
