import { json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Route } from '@alongside/kernel/http';
import { randomDigits } from '@alongside/kernel/ids';
import { route, withSecrets } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { readFilter } from '../directory/search.ts';
import { admit, handler, pageOf, readPage } from '../endpoint.ts';
import { errors } from '../errors.ts';
import { cardSerial } from '../issuing-authority/card-certificates.ts';
import {
  type CardRecord,
  type CardsAnswer,
  type RevocationReason,
  revocationReasons,
  type UnlockAnswer,
} from '../protocol.ts';
import { digits12, readBody } from '../shapes.ts';
import { revocationStatements } from '../signing/signing-certificates.ts';
import { isOver } from './card-row.ts';
import { type Act, type Position, positionFor } from './positions.ts';
import type { CardCall, CardServices } from './services.ts';

type ConsoleCall = CardCall & Passed<'caller'>;

type Acting<S extends z.ZodType> = CardCall &
  Passed<'caller' | 'position'> & { body: z.infer<S>; position: Position; serial: string };

const maxCards = 500;
/** Number of cards on a page of a search; the cards of the last person may exceed it. */
const maxFound = 50;

const flag = z.boolean('must be true or false').default(false);
const reason = z.enum(revocationReasons, `must be of ${revocationReasons.join(', ')}`);
const serial = cardSerial.optional();
const orderShape = z.strictObject({ actor: digits12, uid: digits12, serial, locked: flag });
const revocationShape = z.strictObject({ actor: digits12, reason });
const replacementShape = z.strictObject({ actor: digits12, reason, serial, locked: flag });
const actorShape = z.strictObject({ actor: digits12 });

const readAct = <S extends z.ZodType>(shape: S) =>
  function readAct({ request }: CardCall) {
    return { body: readBody(request, shape) };
  };

/** Returns the check that the acting person has a position that allows this act. A refusal is audited too. */
const requirePosition = (act: Act) =>
  check(
    'position',
    async function requirePosition({
      cis,
      body,
      serial = '',
    }: ConsoleCall & { body: { actor: string }; serial?: string }) {
      const person = (await cis.directory.find(body.actor))?.person;
      try {
        return { position: positionFor(act, person, cis.positions) };
      } catch (thrown) {
        if (thrown instanceof Refusal)
          await cis.audit.recordAlone({
            actor: body.actor,
            action: `cis.card-${act}`,
            target: serial,
            outcome: 'refused',
            detail: { error: thrown.entry.code },
          });
        throw thrown;
      }
    },
  );

const recordStatement = (
  { audit }: CardServices,
  actor: string,
  act: Act,
  target: string,
  detail: Record<string, string | boolean>,
) => audit.recordStatement({ actor, action: `cis.card-${act}`, target, outcome: 'ok', detail });

/** Ends the sessions of a card, as an administrator. */
export async function endSessionsOf({ sessions, endings }: CardServices, serial: string) {
  await endings.announce(await sessions.endAllOfCard(serial, 'administrator'));
}

async function answerFoundCards(
  { directory }: CardServices,
  { cards, next }: { cards: readonly CardRecord[]; next: string | null },
) {
  const holders = await directory.findAll(cards.map(({ uid }) => uid));
  const listed = cards.map((card) => ({
    ...card,
    holder: holders.get(card.uid)?.person.displayName ?? null,
  }));
  return json(200, { cards: listed, next } satisfies CardsAnswer);
}

async function answerCards({ request, cis }: ConsoleCall) {
  const { query, after, limit } = readPage(request, maxCards);
  const filter = readFilter(query);
  if (filter) return answerFoundCards(cis, await cis.cards.search(filter, after, Math.min(limit, maxFound)));
  const found = await cis.cards.list(query.get('uid'), after, limit + 1);
  const { page, next } = pageOf(found, limit, (card) => card.serial);
  return answerFoundCards(cis, { cards: page, next });
}

const answerCard = async ({ cis, serial }: ConsoleCall & { serial: string }) =>
  json(200, await cis.cards.find(serial));

const findCard = async ({ cis, serial }: ConsoleCall & { serial: string }) => ({
  card: await cis.cards.find(serial),
});

async function orderCard({ cis, body, position }: Omit<Acting<typeof orderShape>, 'serial'>) {
  const { actor, uid, locked, serial = randomDigits(12) } = body;
  if (!(await cis.directory.find(uid))) throw errors.personMissing(`uid ${uid}`);
  const record = recordStatement(cis, actor, 'order', serial, { position, uid, locked });
  await cis.cards.order({ serial, uid, locked, orderedBy: actor, replaces: null }, record);
  return json(201, await cis.cards.find(serial), { location: `/cards/${serial}` });
}

/**
 * Returns the statements that end the certificate of the holder at the signing service with a lost card: whoever found the card and knew
 * its PIN could sign there. Verifiers go on accepting what was signed before.
 */
async function signingEndStatements(
  cis: CardServices,
  uid: string,
  { actor, reason }: { actor: string; reason: RevocationReason },
) {
  if (reason !== 'keyCompromise') return [];
  const newest = await cis.signingCertificates.newestOf(uid);
  if (!newest || cis.signingCertificates.stateOf(newest) !== 'valid') return [];
  return revocationStatements(cis, newest, { actor, reason: 'superseded' });
}

async function revokeCard({
  cis,
  body,
  position,
  serial,
  card,
}: Acting<typeof revocationShape> & { card: CardRecord }) {
  const { actor, reason } = body;
  await cis.cards.revoke(
    serial,
    reason,
    ...(await signingEndStatements(cis, card.uid, body)),
    recordStatement(cis, actor, 'revoke', serial, { position, reason }),
  );
  await endSessionsOf(cis, serial);
  return json(200, await cis.cards.find(serial));
}

async function replaceCard({
  cis,
  body,
  position,
  serial,
  card,
}: Acting<typeof replacementShape> & { card: CardRecord }) {
  if (isOver(card)) throw errors.cardOver(`card ${serial} is ${card.state}`);
  const { actor, reason, locked, serial: successor = randomDigits(12) } = body;
  await cis.cards.order(
    { serial: successor, uid: card.uid, orderedBy: actor, locked, replaces: serial },
    recordStatement(cis, actor, 'replace', serial, { position, reason, by: successor }),
    ...cis.cards.endStatements(serial, 'replaced', reason),
    ...(await signingEndStatements(cis, card.uid, body)),
  );
  await endSessionsOf(cis, serial);
  return json(201, await cis.cards.find(successor), { location: `/cards/${successor}` });
}

async function allowRenewal({ cis, body, position, serial }: Acting<typeof actorShape>) {
  await cis.cards.allowRenewal(serial, recordStatement(cis, body.actor, 'renew', serial, { position }));
  return json(200, await cis.cards.find(serial));
}

async function answerUnblocking({ cis, body, position, serial }: Acting<typeof actorShape>) {
  const card = await cis.cards.row(serial);
  if (!card) throw errors.cardUnknown(`card ${serial}`);
  if (card.state !== 'active') throw errors.cardOver(`card ${serial} is ${card.state}`);
  const unblockingCode = cis.cards.unblockingCodeOf(card);
  await cis.audit.recordAlone({
    actor: body.actor,
    action: 'cis.card-unblock',
    target: serial,
    outcome: 'ok',
    detail: { position },
  });
  return json(200, { unblockingCode } satisfies UnlockAnswer);
}

type OneCard = CardCall & { serial: string };

const list = steps<CardCall>('cis.list-cards').step(admit('console')).step(answerCards);
const order = steps<CardCall>('cis.order-card')
  .step(admit('console'))
  .step(readAct(orderShape))
  .step(requirePosition('order'))
  .step(orderCard);
const read = steps<OneCard>('cis.read-card').step(admit('console')).step(answerCard);
const revoke = steps<OneCard>('cis.revoke-card')
  .step(admit('console'))
  .step(readAct(revocationShape))
  .step(requirePosition('revoke'))
  .step(findCard)
  .step(revokeCard);
const replace = steps<OneCard>('cis.replace-card')
  .step(admit('console'))
  .step(readAct(replacementShape))
  .step(requirePosition('replace'))
  .step(findCard)
  .step(replaceCard);
const renew = steps<OneCard>('cis.allow-renewal')
  .step(admit('console'))
  .step(readAct(actorShape))
  .step(requirePosition('renew'))
  .step(findCard)
  .step(allowRenewal);
const unblock = steps<OneCard>('cis.unblock-card')
  .step(admit('console'))
  .step(readAct(actorShape))
  .step(requirePosition('unblock'))
  .step(answerUnblocking);

/** `/cards`: the actions of the registration authority, by the console. Each names the acting person and is audited. */
export const actRoutes = (cis: CardServices): Route[] => [
  ...route('/cards', { GET: handler(list, cis), POST: handler(order, cis) }),
  ...route('/cards/:serial', { GET: handler(read, cis) }),
  ...route('/cards/:serial/revoke', { POST: handler(revoke, cis) }),
  ...route('/cards/:serial/replace', { POST: handler(replace, cis) }),
  ...route('/cards/:serial/renew', { POST: handler(renew, cis) }),
  ...withSecrets('bodies', route('/cards/:serial/unblock', { POST: handler(unblock, cis) })),
];
