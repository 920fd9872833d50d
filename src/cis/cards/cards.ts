import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { errors } from '../errors.ts';
import type { CertificateRecord, CertificateRecords } from '../issuing-authority/certificate-records.ts';
import type { CardRecord, PinState, RevocationReason } from '../protocol.ts';
import { groundStatement } from '../sessions/grounds.ts';
import { type CardRow, recordOf } from './card-row.ts';

/** How long the registration authority's leave to renew a card holds, in milliseconds. */
const renewalLeave = 86_400_000;
const sealName = 'unblocking-code';

/** A card that is ordered. */
export interface NewCard {
  serial: string;
  uid: string;
  orderedBy: string;
  locked: boolean;
  replaces: string | null;
}

/** The cards in storage, and what may become of them. */
export class Cards {
  readonly #database: Database;
  readonly #records: CertificateRecords;
  readonly #vault: Vault;
  readonly #clock: Clock;

  constructor(database: Database, records: CertificateRecords, vault: Vault, clock: Clock) {
    this.#database = database;
    this.#records = records;
    this.#vault = vault;
    this.#clock = clock;
  }

  async row(serial: string): Promise<CardRow | undefined> {
    return await this.#database.get<CardRow>(sql('SELECT * FROM card WHERE serial = ?', serial));
  }

  /** Throws `not_found`. */
  async find(serial: string): Promise<CardRecord> {
    const row = await this.row(serial);
    if (!row) throw errors.cardUnknown(`card ${serial}`);
    const [record] = await this.#complete([row]);
    return record as CardRecord;
  }

  /** Cards by serial, those after this one, at most so many; all or those of one person. */
  async list(uid: string | null, after: string, limit: number): Promise<CardRecord[]> {
    const rows = await this.#database.all<CardRow>(
      uid === null
        ? sql('SELECT * FROM card WHERE serial > ? ORDER BY serial LIMIT ?', after, limit)
        : sql('SELECT * FROM card WHERE uid = ? AND serial > ? ORDER BY serial LIMIT ?', uid, after, limit),
    );
    return this.#complete(rows);
  }

  /** Whether certificates may be made for this card now. Throws what stands in the way. */
  async requireIssuable(serial: string, uid: string, withoutOrder: boolean): Promise<void> {
    const card = await this.row(serial);
    if (card && card.uid !== uid) throw errors.cardTaken(`card ${serial} is of ${card.uid}`);
    if (card?.state === 'revoked' || card?.state === 'replaced')
      throw errors.cardOver(`card ${serial} is ${card.state}`);
    if (withoutOrder || card?.state === 'ordered') return;
    if ((card?.renewal_until ?? 0) > this.#clock.now()) return;
    throw errors.cardNotOrdered(`card ${serial} is ${card ? 'issued already' : 'unknown'}`);
  }

  /**
   * Stores the certificates of a card; what allowed them is used up.
   * @param record the audit record of the issue
   */
  async issued(
    serial: string,
    uid: string,
    unblockingCode: string | undefined,
    certificates: readonly CertificateRecord[],
    record: Statement,
  ): Promise<void> {
    const sealed = unblockingCode === undefined ? null : this.#vault.seal(sealName, unblockingCode);
    const { done } = await this.#database.batch([
      must(
        sql(
          `INSERT INTO card (serial, uid, state, pin, issued_locked, unblocking_sealed, unlock_attempts, created_at)
           VALUES (?, ?, 'active', 'open', 0, ?, 0, ?)
           ON CONFLICT (serial) DO UPDATE SET state = 'active', renewal_until = NULL,
             unblocking_sealed = COALESCE(excluded.unblocking_sealed, card.unblocking_sealed)
           WHERE card.uid = excluded.uid AND card.state IN ('ordered', 'active')`,
          serial,
          uid,
          sealed,
          this.#clock.now(),
        ),
      ),
      ...this.#records.addStatements(certificates),
      record,
    ]);
    if (!done) throw errors.cardOver(`card ${serial} was revoked meanwhile`);
  }

  /**
   * Orders a card. Throws `card_taken`.
   * @param record the audit record of the order
   * @param instead the writes that end the card that it replaces
   */
  async order(card: NewCard, record: Statement, ...instead: Statement[]): Promise<void> {
    const { done } = await this.#database.batch([
      must(
        sql(
          `INSERT INTO card (serial, uid, state, pin, issued_locked, ordered_by, replaces, unlock_attempts, created_at)
           SELECT CAST(? AS TEXT), CAST(? AS TEXT), 'ordered', CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), 0, CAST(? AS BIGINT)
           WHERE NOT EXISTS (SELECT 1 FROM certificate WHERE card_serial = ?) ON CONFLICT (serial) DO NOTHING`,
          card.serial,
          card.uid,
          card.locked ? 'blocked' : 'open',
          card.locked ? 1 : 0,
          card.orderedBy,
          card.replaces,
          this.#clock.now(),
          card.serial,
        ),
      ),
      ...instead,
      record,
    ]);
    if (!done) throw errors.cardTaken(`card ${card.serial} exists, or the one that it replaces is over`);
  }

  /** The writes that end a card: they happen once. */
  endStatements(serial: string, state: 'revoked' | 'replaced', reason: RevocationReason): Statement[] {
    return [
      must(
        sql(
          "UPDATE card SET state = ?, renewal_until = NULL WHERE serial = ? AND state IN ('ordered', 'active')",
          state,
          serial,
        ),
      ),
      this.#records.revokeStatement(serial, reason, this.#clock.now()),
      groundStatement('card_serial', serial),
    ];
  }

  /** Revokes a card. Throws `card_revoked` when it is over already. */
  async revoke(serial: string, reason: RevocationReason, record: Statement): Promise<void> {
    const { done } = await this.#database.batch([...this.endStatements(serial, 'revoked', reason), record]);
    if (!done) throw errors.cardOver(`card ${serial}`);
  }

  /** Lets new keys of a card be certified for a day. Throws `card_revoked`. */
  async allowRenewal(serial: string, record: Statement): Promise<void> {
    const { done } = await this.#database.batch([
      must(
        sql(
          "UPDATE card SET renewal_until = ? WHERE serial = ? AND state = 'active'",
          this.#clock.now() + renewalLeave,
          serial,
        ),
      ),
      record,
    ]);
    if (!done) throw errors.cardOver(`card ${serial} is not active`);
  }

  /** Stores the state of the PIN that an agent reports, with the audit record of a change. */
  async pinIs(serial: string, pin: PinState, record: Statement): Promise<void> {
    await this.#database.batch([
      must(sql('UPDATE card SET pin = ? WHERE serial = ? AND pin <> ?', pin, serial, pin)),
      record,
    ]);
  }

  /** The unblocking code of a card; undefined when it is not kept here. */
  unblockingCodeOf(card: CardRow): string | undefined {
    return card.unblocking_sealed === null ? undefined : this.#vault.open(sealName, card.unblocking_sealed);
  }

  async #complete(rows: readonly CardRow[]): Promise<CardRecord[]> {
    const certificates = await this.#records.ofCards(rows.map(({ serial }) => serial));
    const latest = new Map(certificates.map((certificate) => [certificate.cardSerial, certificate]));
    const now = this.#clock.now();
    return rows.map((row) => recordOf(row, latest.get(row.serial), now));
  }
}
