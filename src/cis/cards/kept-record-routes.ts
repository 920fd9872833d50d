import { json, noContent } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { pathPart } from '../address.ts';
import type { Admit } from '../callers.ts';
import { errors } from '../errors.ts';
import { cardSerial } from '../issuing-authority/order.ts';
import { readBody } from '../json-body.ts';
import { type KeptCard, type KeptCardsAnswer, revocationReasons } from '../protocol.ts';
import type { Endings } from '../sessions/endings.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { digits12 } from '../shapes.ts';
import type { KeptRecords } from './kept-records.ts';

export interface KeptRecordDeps {
  keptRecords: KeptRecords;
  sessions: Sessions;
  endings: Endings;
  admit: Admit;
}

interface Start {
  request: HttpRequest;
}

const page = 500;
const time = z.int('must be milliseconds').min(0, 'must be 0 or more');

const shape: z.ZodType<KeptCard> = z.strictObject({
  serial: cardSerial,
  uid: digits12,
  state: z.enum(['ordered', 'active', 'revoked', 'replaced'], 'must be ordered, active, revoked or replaced'),
  pin: z.enum(['open', 'blocked'], 'must be open or blocked'),
  issuedLocked: z.boolean('must be true or false'),
  orderedBy: digits12.nullable(),
  replaces: cardSerial.nullable(),
  renewalUntil: time.nullable(),
  createdAt: time,
  issued: z
    .array(
      z.strictObject({
        serial: z.string('must be text').regex(/^[0-9a-f]{1,64}$/, 'must be hexadecimal digits'),
        purpose: z.enum(['authentication', 'signing'], 'must be authentication or signing'),
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

/** `/card-records`: what an export and an import of the console take of cards. Console only. */
export function keptRecordRoutes({ keptRecords, sessions, endings, admit }: KeptRecordDeps): Route[] {
  const byConsole = admit('console');

  async function answerPage({ request }: Start) {
    const found = await keptRecords.list(new URLSearchParams(request.query).get('after') ?? '', page + 1);
    const next = found.length > page ? (found[page - 1]?.serial ?? null) : null;
    return json(200, { cards: found.slice(0, page), next } satisfies KeptCardsAnswer);
  }

  const readSerial = ({ request }: Start) => ({ serial: pathPart(request, 1) });

  function readCard({ request, serial }: Start & { serial: string }): { card: KeptCard } {
    const card = readBody(request, shape);
    if (card.serial !== serial)
      throw errors.bodyInvalid('another serial', { field: 'serial', problem: 'must be that of the address' });
    return { card };
  }

  async function endSessions(serial: string): Promise<void> {
    await endings.announce(await sessions.endAllOfCard(serial, 'administrator'));
  }

  async function putCard({ card }: { card: KeptCard }) {
    await keptRecords.put(card);
    if (card.state === 'revoked' || card.state === 'replaced') await endSessions(card.serial);
    return noContent();
  }

  async function removeCard({ serial }: { serial: string }) {
    await keptRecords.remove(serial);
    return noContent();
  }

  const listing = steps<Start>().step(byConsole).step(answerPage);
  const named = steps<Start>().step(byConsole).step(readSerial);
  const putting = named.step(readCard).step(putCard);
  const removing = named.step(removeCard);
  return [
    { methods: ['GET'], path: '/card-records', endpoint: (request) => listing.run({ request }) },
    { methods: ['PUT'], path: '/card-records/:serial', endpoint: (request) => putting.run({ request }) },
    { methods: ['DELETE'], path: '/card-records/:serial', endpoint: (request) => removing.run({ request }) },
  ];
}
