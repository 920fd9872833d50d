import { z } from 'zod';
import {
  type CardActRequest,
  type CardOrder,
  type CardReplacement,
  type CardRevocation,
  paths,
  revocationReasons,
} from '../../cis/protocol.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { relayed } from '../neighbour.ts';

const name = z.string('must be text').min(1, 'must not be empty').max(40);
const serial = name.optional().describe('Of the new card; a random one unless given');
const reason = z.enum(revocationReasons, `must be of ${revocationReasons.join(', ')}`);
const actor = name.describe('Persona or uid of who does it: a role of theirs must allow it');
const locked = z.boolean('must be true or false').optional();

const query = z.strictObject({
  person: name.optional().describe('Persona or uid'),
  after: z.string().max(40).optional().describe('The "next" of the page before'),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number')
    .optional(),
});

const refused = {
  403: 'No role of the acting person allows it',
  404: 'There is no such card or person',
  409: 'The card is not in a state for it',
};

/** `/registration-authority/cards`: cards as the registration authority keeps them, and what it does with them. */
export function registrationAuthorityCalls({ cis }: { cis: CisDirectory }): ApiCall[] {
  const root = '/registration-authority/cards';
  const post = async (path: string, body: unknown) => relayed(await cis.call({ method: 'POST', path, body }));

  return [
    defineCall({
      method: 'GET',
      path: root,
      summary: 'Cards by serial',
      query,
      answers: { 200: 'Cards, and "next" where there are more' },
      async handle({ query: { person, ...asked } }) {
        const uid: Record<string, string> = person === undefined ? {} : { uid: await cis.uidOf(person) };
        const parameters = new URLSearchParams({ ...asked, ...uid });
        return relayed(await cis.call({ method: 'GET', path: `${paths.cards}?${parameters}` }));
      },
    }),
    defineCall({
      method: 'POST',
      path: root,
      summary: 'Orders a card for a person',
      body: z.strictObject({ actor, person: name.describe('Persona or uid'), serial, locked }),
      answers: { 201: 'The card', ...refused },
      async handle({ body: { actor: by, person, ...order } }) {
        const whole: CardOrder = { actor: await cis.uidOf(by), uid: await cis.uidOf(person), ...order };
        return post(paths.cards, whole);
      },
    }),
    defineCall({
      method: 'POST',
      path: `${root}/{serial}/revoke`,
      summary: 'Revokes the certificates of a card; sessions of the card end',
      body: z.strictObject({ actor, reason }),
      answers: { 200: 'The card', ...refused },
      async handle({ part, body }) {
        const whole: CardRevocation = { ...body, actor: await cis.uidOf(body.actor) };
        return post(paths.cardAct(part('serial'), 'revoke'), whole);
      },
    }),
    defineCall({
      method: 'POST',
      path: `${root}/{serial}/replace`,
      summary: 'Revokes a card and orders another one in its place',
      body: z.strictObject({ actor, reason, serial, locked }),
      answers: { 201: 'The new card', ...refused },
      async handle({ part, body }) {
        const whole: CardReplacement = { ...body, actor: await cis.uidOf(body.actor) };
        return post(paths.cardAct(part('serial'), 'replace'), whole);
      },
    }),
    ...(['renew', 'unblock'] as const).map((act) =>
      defineCall({
        method: 'POST',
        path: `${root}/{serial}/${act}`,
        summary:
          act === 'renew'
            ? 'Lets a card be given new keys, outside its last days too'
            : 'The code that opens the blocked PIN of a card',
        body: z.strictObject({ actor }),
        answers: { 200: act === 'renew' ? 'The card' : 'The unblocking code', ...refused },
        async handle({ part, body }) {
          const whole: CardActRequest = { actor: await cis.uidOf(body.actor) };
          return post(paths.cardAct(part('serial'), act), whole);
        },
      }),
    ),
  ];
}
