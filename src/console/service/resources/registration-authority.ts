import { z } from 'zod';
import { cardRecord, cardsAnswer } from '../../../cis/protocol/answers.ts';
import {
  type CardActRequest,
  type CardOrder,
  type CardReplacement,
  type CardRevocation,
  paths,
  revocationReasons,
  type UnlockAnswer,
} from '../../../cis/protocol.ts';
import { foundPeople, pageLimit } from '../../model/request.ts';
import { defineCall, type Resource } from '../api/call.ts';

const name = z.string('must be text').min(1, 'must not be empty').max(40);
const serial = name.optional().describe('Serial of the new card; random by default');
const reason = z.enum(revocationReasons, `must be of ${revocationReasons.join(', ')}`);
const actor = name.describe('Persona or uid of the acting person, who needs a role that permits it');
const locked = z.boolean('must be true or false').optional();

const query = z.strictObject({
  person: name.optional().describe('Persona or uid'),
  ...foundPeople,
  after: z.string().max(500).optional().describe('"next" of the previous page'),
  limit: pageLimit,
});

const refused = {
  403: 'The acting person lacks a role that permits it or has it from you (own_officer), or a limited administrator needs approval (approval_needed)',
  404: 'Unknown card or person',
  409: 'The state of the card does not allow it',
};

const unblockingCode: z.ZodType<UnlockAnswer> = z.strictObject({ unblockingCode: z.string() });

/** `/registration-authority/cards`: the cards that CIS stores, and their life cycle. */
export const registrationAuthority: Resource = {
  calls: ({ cis }) => [
    defineCall('GET', '/registration-authority/cards', {
      summary:
        'Lists cards by serial; with q, organisation or role, finds at most 50 by holder; if these are empty, the 20 changed last',
      query,
      answers: { 200: 'Cards, and "next" if there are more' },
      roles: ['registration-authority', 'support'],
      response: cardsAnswer,
      async handle({ query: { person, ...page } }) {
        const uid = person === undefined ? undefined : await cis.uidOf(person);
        return cis.relay({ path: paths.cards, query: { ...page, uid } });
      },
    }),
    defineCall('GET', '/registration-authority/cards/:serial', {
      summary: 'Returns a card',
      answers: { 200: 'The card', 404: 'Unknown card' },
      roles: ['registration-authority', 'support'],
      response: cardRecord,
      handle: ({ params }) => cis.relay({ path: paths.card(params.serial) }),
    }),
    defineCall('POST', '/registration-authority/cards', {
      summary: 'Orders a card for a person',
      body: z.strictObject({ actor, person: name.describe('Persona or uid'), serial, locked }),
      answers: { 201: 'The card', ...refused },
      roles: ['registration-authority'],
      response: cardRecord,
      async handle({ body: { actor, person, ...options } }) {
        const body: CardOrder = {
          actor: await cis.officerOf(actor),
          uid: await cis.uidOf(person),
          ...options,
        };
        return cis.relay({ method: 'POST', path: paths.cards, body });
      },
    }),
    defineCall('POST', '/registration-authority/cards/:serial/revoke', {
      summary: 'Revokes the certificates of a card and ends its sessions',
      body: z.strictObject({ actor, reason }),
      answers: { 200: 'The card', ...refused },
      roles: ['registration-authority'],
      response: cardRecord,
      async handle({ params: { serial }, body: { actor, ...options } }) {
        const body: CardRevocation = { ...options, actor: await cis.officerOf(actor) };
        return cis.relay({ method: 'POST', path: paths.cardAct(serial, 'revoke'), body });
      },
    }),
    defineCall('POST', '/registration-authority/cards/:serial/replace', {
      summary: 'Revokes a card and orders a replacement',
      body: z.strictObject({ actor, reason, serial, locked }),
      answers: { 201: 'The new card', ...refused },
      roles: ['registration-authority'],
      response: cardRecord,
      async handle({ params: { serial }, body: { actor, ...options } }) {
        const body: CardReplacement = { ...options, actor: await cis.officerOf(actor) };
        return cis.relay({ method: 'POST', path: paths.cardAct(serial, 'replace'), body });
      },
    }),
    ...(
      [
        ['renew', 'Allows new keys for a card, also before its last days', 'The card', cardRecord],
        [
          'unblock',
          'Returns the code that unblocks the PIN of a card',
          'The unblocking code',
          unblockingCode,
        ],
      ] as const
    ).map(([act, summary, result, response]) =>
      defineCall('POST', `/registration-authority/cards/:serial/${act}`, {
        summary,
        body: z.strictObject({ actor }),
        answers: { 200: result, ...refused },
        roles: ['registration-authority'],
        response,
        async handle({ params: { serial }, body: { actor } }) {
          const body: CardActRequest = { actor: await cis.officerOf(actor) };
          return cis.relay({ method: 'POST', path: paths.cardAct(serial, act), body });
        },
      }),
    ),
  ],
};
