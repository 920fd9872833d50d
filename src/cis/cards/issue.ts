import { json } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { admit, type Caller, handler } from '../endpoint.ts';
import { errors } from '../errors.ts';
import {
  type CertificateOrder,
  cardSerial,
  type IssuedCertificates,
  readCardKey,
  readKeys,
  type SigningKeyOrder,
  spki,
} from '../issuing-authority/card-certificates.ts';
import { profileNames } from '../issuing-authority/profiles.ts';
import { paths } from '../protocol.ts';
import { digits12, readBody } from '../shapes.ts';
import type { CardCall, CardServices } from './services.ts';

interface Ordered extends CardCall {
  order: CertificateOrder;
  unblockingCode: string | undefined;
}

/** The default unblocking code of virtual cards in development. */
const publishedUnblockingCode = '87654321';

const ofCard = {
  uid: digits12,
  cardSerial,
  profile: z.enum(profileNames, `must be of ${profileNames.join(', ')}`),
  signingKey: spki,
};
const signingShape = z.strictObject(ofCard);
const shape = z.strictObject({
  ...ofCard,
  authenticationKey: spki,
  unblockingCode: z
    .string()
    .regex(/^\d{8}$/, 'must be 8 digits')
    .optional(),
});

const allowVirtualCards = check('virtual-cards', function allowVirtualCards({ cis }: CardCall) {
  if (!cis.virtualCards) throw errors.virtualCardsOff('neither development nor allowVirtualCards');
});

function readOrder({ request }: { request: HttpRequest }): Omit<Ordered, keyof CardCall> {
  const { authenticationKey, signingKey, unblockingCode, ...rest } = readBody(request, shape);
  return { order: { ...rest, keys: readKeys(authenticationKey, signingKey) }, unblockingCode };
}

const requireHolder = check('holder', async function requireHolder({ cis, order }: Ordered) {
  if (!(await cis.directory.find(order.uid))) throw errors.personMissing(`uid ${order.uid}`);
  const holder = await cis.records.holderOf(order.cardSerial);
  if (holder !== undefined && holder !== order.uid)
    throw errors.cardTaken(`card ${order.cardSerial} belongs to ${holder}`);
});

/** The registration authority has ordered the card or its renewal. */
const requireOrder = check('order', async function requireOrder({ cis, order }: Ordered) {
  await cis.cards.requireIssuable(order.cardSerial, order.uid, cis.development);
});

const issueCertificates = async ({
  cis,
  order,
}: Ordered & Passed<'caller' | 'virtual-cards' | 'holder' | 'order'>) => ({
  issued: await cis.certificates.issue(order),
});

async function storeCertificates({
  cis,
  caller,
  order,
  unblockingCode,
  issued,
}: Ordered & { caller: Caller; issued: IssuedCertificates }) {
  const code = unblockingCode ?? (cis.development ? publishedUnblockingCode : undefined);
  const record = cis.audit.recordStatement({
    actor: caller,
    action: 'cis.certificates-issued',
    target: order.uid,
    outcome: 'ok',
    detail: { card: order.cardSerial, profile: order.profile, serial: issued.records.authentication.serial },
  });
  await cis.cards.issued(order.cardSerial, order.uid, code, Object.values(issued.records), record);
}

export const answerCertificates = ({ issued }: { issued: IssuedCertificates }) => json(201, issued.answer);

const list = steps<CardCall>('cis.issue-certificates')
  .step(admit('cardIssuer'))
  .step(allowVirtualCards)
  .step(readOrder)
  .step(requireHolder)
  .step(requireOrder)
  .step(issueCertificates)
  .step(storeCertificates)
  .step(answerCertificates);

interface SigningKeyCall extends CardCall {
  signingOrder: SigningKeyOrder;
}

function readSigningOrder({ request }: CardCall) {
  const { signingKey, ...card } = readBody(request, signingShape);
  return { signingOrder: { ...card, key: readCardKey(signingKey) } };
}

/** Only a card that has certificates of this person gets another; outside development, once for each renewal that was allowed. */
const requireOwnCard = check('holder', async function requireOwnCard({ cis, signingOrder }: SigningKeyCall) {
  const { cardSerial: serial, uid } = signingOrder;
  if ((await cis.records.holderOf(serial)) !== uid) throw errors.cardUnknown(`${uid} has no card ${serial}`);
  await cis.cards.requireIssuable(serial, uid, cis.development);
});

async function issueSigning({
  cis,
  caller,
  signingOrder,
}: SigningKeyCall & { caller: Caller } & Passed<'caller' | 'virtual-cards' | 'holder'>) {
  const { certificate, record } = await cis.certificates.issueSigning(signingOrder);
  const { uid, cardSerial: card, serial } = record;
  const audited = cis.audit.recordStatement({
    actor: caller,
    action: 'cis.certificates-issued',
    target: uid,
    outcome: 'ok',
    detail: { card, profile: signingOrder.profile, serial },
  });
  await cis.cards.issued(card, uid, undefined, [record], audited);
  return json(201, { signing: certificate.toString('base64') });
}

const signingList = steps<CardCall>('cis.issue-card-signing-certificate')
  .step(admit('cardIssuer'))
  .step(allowVirtualCards)
  .step(readSigningOrder)
  .step(requireOwnCard)
  .step(issueSigning);

/** `POST /cards/certificates`: issues the certificates of a virtual card; `…/signing-certificate`: that of another signing key. */
export const issueRoutes = (cis: CardServices): Route[] => [
  ...route(paths.certificates, { POST: handler(list, cis) }),
  ...route(paths.cardSigningKey, { POST: handler(signingList, cis) }),
];
