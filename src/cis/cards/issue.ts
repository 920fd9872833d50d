import { json } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import type { Admit, Caller } from '../callers.ts';
import type { Directory } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import type { CardCertificates, MadeCertificates } from '../issuing-authority/card-certificates.ts';
import type { CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { type CertificateOrder, cardSerial, readKeys, spki } from '../issuing-authority/order.ts';
import { profileNames } from '../issuing-authority/profiles.ts';
import { readBody } from '../json-body.ts';
import { digits12 } from '../shapes.ts';
import type { Cards } from './cards.ts';

export interface IssueDeps {
  directory: Directory;
  certificates: CardCertificates;
  records: CertificateRecords;
  cards: Cards;
  audit: AuditLog;
  admit: Admit;
  /** Whether virtual cards may be issued at all. */
  virtualCards: boolean;
  /** There a card needs no order of the registration authority, and has the published unblocking code unless it names another. */
  development: boolean;
}

/** The unblocking code of a virtual card that was made without naming one. */
const publishedUnblockingCode = '87654321';

const shape = z.strictObject({
  uid: digits12,
  cardSerial,
  profile: z.enum(profileNames, `must be of ${profileNames.join(', ')}`),
  authenticationKey: spki,
  signingKey: spki,
  unblockingCode: z
    .string()
    .regex(/^\d{8}$/, 'must be 8 digits')
    .optional(),
});

interface Ordered {
  order: CertificateOrder;
  unblockingCode: string | undefined;
}

function readOrder({ request }: { request: HttpRequest }): Ordered {
  const { authenticationKey, signingKey, unblockingCode, ...rest } = readBody(request, shape);
  return { order: { ...rest, keys: readKeys(authenticationKey, signingKey) }, unblockingCode };
}

/** `POST /cards/certificates`: the two certificates of a virtual card. */
export function issueRoutes(deps: IssueDeps): Route[] {
  const { directory, certificates, records, cards, audit, admit } = deps;

  function allowVirtualCards() {
    if (!deps.virtualCards) throw errors.virtualCardsOff('neither development nor allowVirtualCards');
  }

  async function findHolder({ order }: Ordered) {
    if (!(await directory.find(order.uid))) throw errors.personMissing(`uid ${order.uid}`);
    const holder = await records.holderOf(order.cardSerial);
    if (holder !== undefined && holder !== order.uid)
      throw errors.cardTaken(`card ${order.cardSerial} is of ${holder}`);
  }

  /** The registration authority has ordered it: a new card, or a renewal of this one. */
  async function requireOrder({ order }: Ordered) {
    await cards.requireIssuable(order.cardSerial, order.uid, deps.development);
  }

  const makeCertificates = async ({ order }: Ordered) => ({ made: await certificates.make(order) });

  async function recordCertificates(known: Ordered & { made: MadeCertificates; caller: Caller }) {
    const { made, order, caller } = known;
    const code = known.unblockingCode ?? (deps.development ? publishedUnblockingCode : undefined);
    const record = audit.recordStatement({
      actor: caller,
      action: 'cis.certificates-issued',
      target: order.uid,
      outcome: 'ok',
      detail: { card: order.cardSerial, profile: order.profile, serial: made.records.authentication.serial },
    });
    await cards.issued(order.cardSerial, order.uid, code, Object.values(made.records), record);
  }

  const answerCertificates = ({ made }: { made: MadeCertificates }) => json(201, made.answer);

  const list = steps<{ request: HttpRequest }>()
    .step(admit('cardIssuer'))
    .step(allowVirtualCards)
    .step(readOrder)
    .step(findHolder)
    .step(requireOrder)
    .step(makeCertificates)
    .step(recordCertificates)
    .step(answerCertificates);
  return [{ methods: ['POST'], path: '/cards/certificates', endpoint: (request) => list.run({ request }) }];
}
