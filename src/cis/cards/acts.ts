import { json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { randomDigits } from '@alongside/kernel/ids';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import { pathPart } from '../address.ts';
import type { Admit } from '../callers.ts';
import type { Directory } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import { cardSerial } from '../issuing-authority/order.ts';
import { readBody } from '../json-body.ts';
import {
  type CardAct,
  type CardRecord,
  type CardsAnswer,
  revocationReasons,
  type UnlockAnswer,
} from '../protocol.ts';
import type { Endings } from '../sessions/endings.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { digits12 } from '../shapes.ts';
import type { Cards } from './cards.ts';
import { type Position, type PositionCodes, positionFor } from './positions.ts';

export interface ActDeps {
  cards: Cards;
  directory: Directory;
  sessions: Sessions;
  endings: Endings;
  audit: AuditLog;
  admit: Admit;
  positions: PositionCodes;
}

interface Start {
  request: HttpRequest;
}

const mostCards = 500;

const flag = z.boolean('must be true or false').default(false);
const reason = z.enum(revocationReasons, `must be of ${revocationReasons.join(', ')}`);
const shapes = {
  order: z.strictObject({ actor: digits12, uid: digits12, serial: cardSerial.optional(), locked: flag }),
  revoke: z.strictObject({ actor: digits12, reason }),
  replace: z.strictObject({ actor: digits12, reason, serial: cardSerial.optional(), locked: flag }),
  actor: z.strictObject({ actor: digits12 }),
};

type Body<K extends keyof typeof shapes> = z.infer<(typeof shapes)[K]>;
interface Acting<K extends keyof typeof shapes> {
  body: Body<K>;
  position: Position;
}

function readPage({ request }: Start): { uid: string | null; after: string; limit: number } {
  const query = new URLSearchParams(request.query);
  const limit = Number(query.get('limit') ?? mostCards);
  if (!Number.isInteger(limit) || limit < 1 || limit > mostCards)
    throw errors.bodyInvalid('limit', { field: 'limit', problem: `must be 1 to ${mostCards}` });
  return { uid: query.get('uid'), after: query.get('after') ?? '', limit };
}

const readSerial = ({ request }: Start) => ({ serial: pathPart(request, 1) });
const reader =
  <K extends keyof typeof shapes>(kind: K) =>
  ({ request }: Start): { body: Body<K> } => ({ body: readBody(request, shapes[kind]) as Body<K> });

/** `/cards`: what the registration authority does with cards, by the console. Each act names who does it, and is audited so. */
export function actRoutes(deps: ActDeps): Route[] {
  const { cards, directory, sessions, endings, audit } = deps;
  const byConsole = deps.admit('console');

  const recordStatement = (
    actor: string,
    act: 'order' | CardAct,
    target: string,
    detail: Record<string, string | boolean>,
  ) => audit.recordStatement({ actor, action: `cis.card-${act}`, target, outcome: 'ok', detail });

  /** The acting person holds a position that may do this; an act without one is on record too. */
  const requirePosition = (act: 'order' | CardAct) =>
    async function requirePosition(known: { body: { actor: string }; serial?: string }) {
      const person = (await directory.find(known.body.actor))?.person;
      try {
        return { position: positionFor(act, person, deps.positions) };
      } catch (thrown) {
        if (thrown instanceof Refusal)
          await audit.recordAlone({
            actor: known.body.actor,
            action: `cis.card-${act}`,
            target: known.serial ?? '',
            outcome: 'refused',
            detail: { error: thrown.entry.code },
          });
        throw thrown;
      }
    };

  async function answerCards({ uid, after, limit }: ReturnType<typeof readPage>) {
    const found = await cards.list(uid, after, limit + 1);
    const next = found.length > limit ? (found[limit - 1]?.serial ?? null) : null;
    return json(200, { cards: found.slice(0, limit), next } satisfies CardsAnswer);
  }

  const answerCard = async ({ serial }: { serial: string }) => json(200, await cards.find(serial));

  const findCard = async ({ serial }: { serial: string }) => ({ card: await cards.find(serial) });

  async function orderCard({ body, position }: Acting<'order'>) {
    if (!(await directory.find(body.uid))) throw errors.personMissing(`uid ${body.uid}`);
    const serial = body.serial ?? randomDigits(12);
    const { actor, uid, locked } = body;
    await cards.order(
      { ...body, serial, orderedBy: actor, replaces: null },
      recordStatement(actor, 'order', serial, { position, uid, locked }),
    );
    return json(201, await cards.find(serial), { location: `/cards/${serial}` });
  }

  /** Who is signed in with it is signed in no longer. */
  async function endSessions(serial: string) {
    await endings.announce(await sessions.endAllOfCard(serial, 'administrator'));
  }

  async function revokeCard({ body, position, serial }: Acting<'revoke'> & { serial: string }) {
    const { actor, reason } = body;
    await cards.revoke(serial, reason, recordStatement(actor, 'revoke', serial, { position, reason }));
    await endSessions(serial);
    return json(200, await cards.find(serial));
  }

  async function replaceCard({
    body,
    position,
    serial,
    card,
  }: Acting<'replace'> & { serial: string; card: CardRecord }) {
    if (card.state === 'revoked' || card.state === 'replaced')
      throw errors.cardOver(`card ${serial} is ${card.state}`);
    const successor = body.serial ?? randomDigits(12);
    await cards.order(
      { serial: successor, uid: card.uid, orderedBy: body.actor, locked: body.locked, replaces: serial },
      recordStatement(body.actor, 'replace', serial, { position, reason: body.reason, by: successor }),
      ...cards.endStatements(serial, 'replaced', body.reason),
    );
    await endSessions(serial);
    return json(201, await cards.find(successor), { location: `/cards/${successor}` });
  }

  async function allowRenewal({ body, position, serial }: Acting<'actor'> & { serial: string }) {
    await cards.allowRenewal(serial, recordStatement(body.actor, 'renew', serial, { position }));
    return json(200, await cards.find(serial));
  }

  async function answerUnblocking({ body, position, serial }: Acting<'actor'> & { serial: string }) {
    const row = await cards.row(serial);
    if (!row) throw errors.cardUnknown(`card ${serial}`);
    if (row.state !== 'active') throw errors.cardOver(`card ${serial} is ${row.state}`);
    const unblockingCode = cards.unblockingCodeOf(row);
    if (unblockingCode === undefined) throw errors.unblockingCodeUnknown(`card ${serial}`);
    await audit.recordAlone({
      actor: body.actor,
      action: 'cis.card-unblock',
      target: serial,
      outcome: 'ok',
      detail: { position },
    });
    return json(200, { unblockingCode } satisfies UnlockAnswer);
  }

  const listing = steps<Start>().step(byConsole).step(readPage).step(answerCards);
  const reading = steps<Start>().step(byConsole).step(readSerial).step(answerCard);
  const ordering = steps<Start>()
    .step(byConsole)
    .step(reader('order'))
    .step(requirePosition('order'))
    .step(orderCard);
  const named = steps<Start>().step(byConsole).step(readSerial);
  const revoking = named
    .step(reader('revoke'))
    .step(requirePosition('revoke'))
    .step(findCard)
    .step(revokeCard);
  const replacing = named
    .step(reader('replace'))
    .step(requirePosition('replace'))
    .step(findCard)
    .step(replaceCard);
  const renewing = named
    .step(reader('actor'))
    .step(requirePosition('renew'))
    .step(findCard)
    .step(allowRenewal);
  const unblocking = named.step(reader('actor')).step(requirePosition('unblock')).step(answerUnblocking);

  const act = (name: CardAct) => `/cards/:serial/${name}`;
  return [
    { methods: ['GET'], path: '/cards', endpoint: (request) => listing.run({ request }) },
    { methods: ['POST'], path: '/cards', endpoint: (request) => ordering.run({ request }) },
    { methods: ['GET'], path: '/cards/:serial', endpoint: (request) => reading.run({ request }) },
    { methods: ['POST'], path: act('revoke'), endpoint: (request) => revoking.run({ request }) },
    { methods: ['POST'], path: act('replace'), endpoint: (request) => replacing.run({ request }) },
    { methods: ['POST'], path: act('renew'), endpoint: (request) => renewing.run({ request }) },
    { methods: ['POST'], path: act('unblock'), endpoint: (request) => unblocking.run({ request }) },
  ];
}
