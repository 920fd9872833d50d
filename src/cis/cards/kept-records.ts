import { json, noContent } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import { route, withSecrets } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { type Database, sql } from '../../storage/database.ts';
import { groundStatement } from '../directory/changes.ts';
import { admit, type Call, handler, pageOf } from '../endpoint.ts';
import { cardSerial } from '../issuing-authority/card-certificates.ts';
import type { CertificateRecord, CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { purposes } from '../issuing-authority/profiles.ts';
import {
  cardStates,
  type KeptCard,
  type KeptCardsAnswer,
  pinStates,
  revocationReasons,
} from '../protocol.ts';
import { digits12, invalidField, readBody } from '../shapes.ts';
import { endSessionsOf } from './acts.ts';
import { type CardRow, cardRow, isOver } from './card-row.ts';
import type { CardServices } from './services.ts';

const keptCard = (
  { unblockingSealed: _, ...card }: CardRow,
  issued: readonly CertificateRecord[],
): KeptCard => ({
  ...card,
  issued: issued.map(({ uid: _uid, cardSerial: _serial, der: _der, ...certificate }) => certificate),
});

/** The cards in an export: their states and certificates, without secrets. */
export class KeptRecords {
  readonly #database: Database;
  readonly #records: CertificateRecords;

  constructor(database: Database, records: CertificateRecords) {
    this.#database = database;
    this.#records = records;
  }

  /** Returns cards by serial, after this one. */
  async list(after: string, limit: number): Promise<KeptCard[]> {
    const cards = await this.#database.all(
      sql('SELECT * FROM card WHERE serial > ? ORDER BY serial LIMIT ?', after, limit),
      cardRow,
    );
    const certificates = Map.groupBy(
      await this.#records.allOfCards(cards.map(({ serial }) => serial)),
      (certificate) => certificate.cardSerial,
    );
    return cards.map((card) => keptCard(card, certificates.get(card.serial) ?? []));
  }

  /** Imports a card. An existing unblocking code stays; an unlock in progress is reset. */
  async put(card: KeptCard): Promise<void> {
    const certificates = card.issued.map((one) => ({ ...one, uid: card.uid, cardSerial: card.serial }));
    await this.#database.batch([
      sql(
        `INSERT INTO card (serial, uid, state, pin, issued_locked, ordered_by, replaces, renewal_until, unlock_attempts, created_at, changed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
         ON CONFLICT (serial) DO UPDATE SET uid = excluded.uid, state = excluded.state, pin = excluded.pin,
           issued_locked = excluded.issued_locked, ordered_by = excluded.ordered_by, replaces = excluded.replaces,
           renewal_until = excluded.renewal_until, unlock_round = NULL, unlock_attempts = 0,
           created_at = excluded.created_at, changed_at = excluded.changed_at,
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
        card.createdAt,
      ),
      ...this.#records.importStatements(certificates),
      groundStatement('card_serial', card.serial),
    ]);
  }

  /** Deletes a card but not its certificates, so that a revoked certificate stays revoked. */
  async remove(serial: string): Promise<void> {
    await this.#database.run(sql('DELETE FROM card WHERE serial = ?', serial));
  }
}

type KeptRecordServices = CardServices & { keptRecords: KeptRecords };
type KeptRecordCall = Call<KeptRecordServices>;

const maxCards = 500;
const time = z.int('must be milliseconds').min(0, 'must be 0 or more');

const shape: z.ZodType<KeptCard> = z.strictObject({
  serial: cardSerial,
  uid: digits12,
  state: z.enum(cardStates, 'must be ordered, active, revoked or replaced'),
  pin: z.enum(pinStates, 'must be open or blocked'),
  issuedLocked: z.boolean('must be true or false'),
  orderedBy: digits12.nullable(),
  replaces: cardSerial.nullable(),
  renewalUntil: time.nullable(),
  createdAt: time,
  issued: z
    .array(
      z.strictObject({
        serial: z.string('must be text').regex(/^[0-9a-f]{1,64}$/, 'must be hexadecimal digits'),
        purpose: z.enum(purposes, 'must be authentication or signing'),
        notBefore: time,
        notAfter: time,
        revokedAt: time.nullable(),
        revocationReason: z.enum(revocationReasons, 'must be a reason of RFC 5280 section 5.3.1').nullable(),
        issuedAt: time.nullable(),
      }),
      'must be a list',
    )
    .max(100, 'must have at most 100 entries'),
});

async function answerPage({ request, cis }: KeptRecordCall & Passed<'caller'>) {
  const after = new URLSearchParams(request.query).get('after') ?? '';
  const found = await cis.keptRecords.list(after, maxCards + 1);
  const { page, next } = pageOf(found, maxCards, ({ serial }) => serial);
  return json(200, { cards: page, next } satisfies KeptCardsAnswer);
}

function readCard({ request, serial }: KeptRecordCall & Passed<'caller'> & { serial: string }): {
  card: KeptCard;
} {
  const card = readBody(request, shape);
  if (card.serial !== serial) throw invalidField('serial', 'must be that of the address');
  return { card };
}

async function putCard({ cis, card }: KeptRecordCall & Passed<'caller'> & { card: KeptCard }) {
  await cis.keptRecords.put(card);
  if (isOver(card)) await endSessionsOf(cis, card.serial);
  return noContent();
}

async function removeCard({ cis, serial }: KeptRecordCall & Passed<'caller'> & { serial: string }) {
  await cis.keptRecords.remove(serial);
  return noContent();
}

const list = steps<KeptRecordCall>('cis.list-kept-cards').step(admit('console')).step(answerPage);
const put = steps<KeptRecordCall & { serial: string }>('cis.put-kept-card')
  .step(admit('console'))
  .step(readCard)
  .step(putCard);
const remove = steps<KeptRecordCall & { serial: string }>('cis.remove-kept-card')
  .step(admit('console'))
  .step(removeCard);

/** `/card-records`: the cards in exports and imports of the console. */
export const keptRecordRoutes = (cis: KeptRecordServices): Route[] => [
  ...withSecrets('bodies', [
    ...route('/card-records', { GET: handler(list, cis) }),
    ...route('/card-records/:serial', { PUT: handler(put, cis), DELETE: handler(remove, cis) }),
  ]),
];
