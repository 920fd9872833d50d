import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { groundStatement } from '../directory/changes.ts';
import {
  findKeys,
  isEmptyFilter,
  isUid,
  type PeopleFilter,
  readPosition,
  textOfPosition,
} from '../directory/search.ts';
import { errors } from '../errors.ts';
import type { CertificateRecords, NewCertificate } from '../issuing-authority/certificate-records.ts';
import type { CardRecord, PinState, RevocationReason } from '../protocol.ts';
import { type CardRow, cardRow, isOver, recordOf } from './card-row.ts';

/** Milliseconds for which the registration authority allows a renewal. */
const renewalLeave = 86_400_000;
/** Number of the cards changed last, and of people whose cards one page reads. */
const maxChanged = 20;
const peopleAtOnce = 512;
const isCardNumber = (text: string): boolean => /^[0-9A-Za-z]{4,40}$/.test(text) && /\d/.test(text);
const sealName = 'unblocking-code';

export interface NewCard {
  serial: string;
  uid: string;
  orderedBy: string;
  locked: boolean;
  replaces: string | null;
}

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

  row(serial: string): Promise<CardRow | undefined> {
    return this.#database.get(sql('SELECT * FROM card WHERE serial = ?', serial), cardRow);
  }

  /** @throws Refusal `not_found` */
  async find(serial: string): Promise<CardRecord> {
    const row = await this.row(serial);
    if (!row) throw errors.cardUnknown(`card ${serial}`);
    const latest = (await this.#records.ofCards([serial])).at(-1);
    return recordOf(row, latest, this.#clock.now());
  }

  /** Returns the cards of one person or of all, by serial, after this one. */
  async list(uid: string | null, after: string, limit: number): Promise<CardRecord[]> {
    return this.#select(
      uid === null
        ? sql('SELECT * FROM card WHERE serial > ? ORDER BY serial LIMIT ?', after, limit)
        : sql('SELECT * FROM card WHERE uid = ? AND serial > ? ORDER BY serial LIMIT ?', uid, after, limit),
    );
  }

  /**
   * Returns the cards that a search finds, and where the next page begins: of the people whom the filter finds, or the card or person
   * whose serial or uid the text is. A page has the cards of at most 512 people, so it may be short, even empty, before the last one.
   */
  async search(
    filter: PeopleFilter,
    after: string,
    limit: number,
  ): Promise<{ cards: CardRecord[]; next: string | null }> {
    if (isEmptyFilter(filter))
      return {
        cards: await this.#select(sql(`SELECT * FROM card ORDER BY changed_at DESC LIMIT ${maxChanged}`)),
        next: null,
      };
    const exact = sql(`SELECT * FROM card WHERE serial = ? OR uid = ? LIMIT ${limit}`, filter.q, filter.q);
    const cards = isCardNumber(filter.q) ? await this.#select(exact) : [];
    if (cards.length > 0 || isUid(filter.q)) return { cards, next: null };
    const people = await findKeys(this.#database, filter, readPosition(after), peopleAtOnce);
    const uids = [...new Set(people.map(({ uid }) => uid))];
    const marks = uids.map(() => '?').join(', ');
    const found =
      uids.length === 0
        ? []
        : await this.#select(sql(`SELECT * FROM card WHERE uid IN (${marks}) ORDER BY serial`, ...uids));
    const byPerson = Map.groupBy(found, ({ uid }) => uid);
    for (const [index, person] of people.entries()) {
      // Whole people, so that a page continues after one.
      cards.push(...(byPerson.get(person.uid) ?? []));
      byPerson.delete(person.uid);
      const isLast = index === people.length - 1;
      if (cards.length >= limit && !isLast) return { cards, next: textOfPosition(person) };
    }
    const last = people.at(-1);
    return { cards, next: last && people.length === peopleAtOnce ? textOfPosition(last) : null };
  }

  async #select(statement: Statement): Promise<CardRecord[]> {
    const rows = await this.#database.all(statement, cardRow);
    const certificates = await this.#records.ofCards(rows.map(({ serial }) => serial));
    const latest = new Map(certificates.map((certificate) => [certificate.cardSerial, certificate]));
    const now = this.#clock.now();
    return rows.map((row) => recordOf(row, latest.get(row.serial), now));
  }

  /** Checks that certificates may be issued for this card now. @throws Refusal */
  async requireIssuable(serial: string, uid: string, withoutOrder: boolean): Promise<void> {
    const card = await this.row(serial);
    if (card && card.uid !== uid) throw errors.cardTaken(`card ${serial} belongs to ${card.uid}`);
    if (card && isOver(card)) throw errors.cardOver(`card ${serial} is ${card.state}`);
    if (withoutOrder || card?.state === 'ordered') return;
    if ((card?.renewalUntil ?? 0) > this.#clock.now()) return;
    throw errors.cardNotOrdered(`card ${serial} is ${card ? 'issued already' : 'unknown'}`);
  }

  /**
   * Stores the certificates of a card and uses up its order or its permission to renew.
   * @param record the audit record of the issue
   */
  async issued(
    serial: string,
    uid: string,
    unblockingCode: string | undefined,
    certificates: readonly NewCertificate[],
    record: Statement,
  ): Promise<void> {
    const sealed = unblockingCode === undefined ? null : this.#vault.seal(sealName, unblockingCode);
    const { done } = await this.#database.batch([
      must(
        sql(
          `INSERT INTO card (serial, uid, state, pin, issued_locked, unblocking_sealed, unlock_attempts, created_at, changed_at)
           VALUES (?, ?, 'active', 'open', 0, ?, 0, ?, ?)
           ON CONFLICT (serial) DO UPDATE SET state = 'active', renewal_until = NULL, changed_at = excluded.changed_at,
             unblocking_sealed = COALESCE(excluded.unblocking_sealed, card.unblocking_sealed)
           WHERE card.uid = excluded.uid AND card.state IN ('ordered', 'active')`,
          serial,
          uid,
          sealed,
          this.#clock.now(),
          this.#clock.now(),
        ),
      ),
      ...this.#records.addStatements(certificates),
      record,
    ]);
    if (!done) throw errors.cardOver(`card ${serial} has been revoked since`);
  }

  /**
   * Orders a card.
   * @param record the audit record of the order
   * @param endStatements for the card that it replaces
   * @throws Refusal `card_taken`
   */
  async order(card: NewCard, record: Statement, ...endStatements: Statement[]): Promise<void> {
    const { done } = await this.#database.batch([
      must(
        sql(
          `INSERT INTO card (serial, uid, state, pin, issued_locked, ordered_by, replaces, unlock_attempts, created_at, changed_at)
           SELECT CAST(? AS TEXT), CAST(? AS TEXT), 'ordered', CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), 0, CAST(? AS BIGINT), CAST(? AS BIGINT)
           WHERE NOT EXISTS (SELECT 1 FROM certificate WHERE card_serial = ?) ON CONFLICT (serial) DO NOTHING`,
          card.serial,
          card.uid,
          card.locked ? 'blocked' : 'open',
          card.locked ? 1 : 0,
          card.orderedBy,
          card.replaces,
          this.#clock.now(),
          this.#clock.now(),
          card.serial,
        ),
      ),
      ...endStatements,
      record,
    ]);
    if (!done)
      throw errors.cardTaken(`card ${card.serial} exists, or the replaced card is revoked or replaced`);
  }

  /** Returns the statements that revoke or replace a card. They fail their batch if it is revoked or replaced already. */
  endStatements(serial: string, state: 'revoked' | 'replaced', reason: RevocationReason): Statement[] {
    return [
      must(
        sql(
          "UPDATE card SET state = ?, renewal_until = NULL, changed_at = ? WHERE serial = ? AND state IN ('ordered', 'active')",
          state,
          this.#clock.now(),
          serial,
        ),
      ),
      this.#records.revokeStatement(serial, reason, this.#clock.now()),
      groundStatement('card_serial', serial),
    ];
  }

  /** Revokes a card. @throws Refusal `card_revoked` for a revoked or replaced card */
  async revoke(serial: string, reason: RevocationReason, ...statements: Statement[]): Promise<void> {
    const { done } = await this.#database.batch([
      ...this.endStatements(serial, 'revoked', reason),
      ...statements,
    ]);
    if (!done) throw errors.cardOver(`card ${serial}`);
  }

  /** Allows the certification of new keys for a day. @throws Refusal `card_revoked` */
  async allowRenewal(serial: string, record: Statement): Promise<void> {
    const { done } = await this.#database.batch([
      must(
        sql(
          "UPDATE card SET renewal_until = ?, changed_at = ? WHERE serial = ? AND state = 'active'",
          this.#clock.now() + renewalLeave,
          this.#clock.now(),
          serial,
        ),
      ),
      record,
    ]);
    if (!done) throw errors.cardOver(`card ${serial} is not active`);
  }

  /** Stores the reported state of the PIN, with the audit record of a change. */
  async storePinState(serial: string, pin: PinState, record: Statement): Promise<void> {
    await this.#database.batch([
      must(
        sql(
          'UPDATE card SET pin = ?, changed_at = ? WHERE serial = ? AND pin <> ?',
          pin,
          this.#clock.now(),
          serial,
          pin,
        ),
      ),
      record,
    ]);
  }

  /** Returns the unblocking code of a card. @throws Refusal `no_unblocking_code` */
  unblockingCodeOf({ serial, unblockingSealed: sealed }: CardRow): string {
    if (sealed === null) throw errors.unblockingCodeUnknown(`card ${serial}`);
    return this.#vault.open(sealName, sealed);
  }
}
