import { json, noContent } from '@alongside/kernel/answer';
import { randomDigits } from '@alongside/kernel/ids';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import type { LocalAgent } from '../agent.ts';
import { type ApiCall, apiPath, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';

const pin = z.string('must be text').regex(/^\d{6,8}$/, 'must be 6 to 8 digits');
const locked = z.boolean('must be true or false').describe('Whether the PIN is blocked');

const newCard = z.strictObject({
  person: z
    .string('must be a uid or persona')
    .min(1, 'must be a uid or persona')
    .max(40)
    .describe('uid or persona'),
  keyType: z.enum(['EC-P256', 'RSA-2048'], 'must be "EC-P256" or "RSA-2048"').optional(),
  pin: pin.optional(),
  locked: locked.optional(),
});

const change = z.strictObject({ pin: pin.optional(), locked: locked.optional() });

/** `/cards`: the virtual cards of the local agent. A card is named by serial, or by persona or uid of its holder. */
export function cardCalls({
  agent,
  cis,
  audit,
}: {
  agent: LocalAgent;
  cis: CisDirectory;
  audit: AuditLog;
}): ApiCall[] {
  /** The agent has the cards, so their acts have no batch here. */
  const recorded = <T>(
    action: 'card.made' | 'card.changed' | 'card.destroyed',
    target: string,
    act: () => Promise<T>,
  ) => audit.recordThen({ actor: 'developer', action, target }, act);

  return [
    defineCall({
      method: 'GET',
      path: '/cards',
      summary: 'The virtual cards of the local agent',
      answers: { 200: 'The cards', 503: 'No agent answers here' },
      handle: async () => json(200, { cards: await agent.cards() }),
    }),
    defineCall({
      method: 'POST',
      path: '/cards',
      summary: 'Makes a card for a person; its keys are made at the first insertion',
      body: newCard,
      answers: { 201: 'The card', 404: 'There is no such person', 503: 'No agent answers here' },
      async handle({ body: { person: name, ...wishes } }) {
        const { uid, persona, displayName } = await cis.person(name);
        const serial = randomDigits(12);
        const seed = { serial, uid, name: displayName, ...(persona === null ? {} : { persona }), ...wishes };
        const card = await recorded('card.made', serial, () => agent.addCard(seed));
        return json(201, card, { location: `${apiPath}/cards/${card.serial}` });
      },
    }),
    defineCall({
      method: 'PATCH',
      path: '/cards/{serial}',
      summary: 'Gives a card another PIN, blocks its PIN or gives back its attempts',
      body: change,
      answers: { 200: 'The card', 404: 'There is no such card', 503: 'No agent answers here' },
      async handle({ part, body }) {
        const name = part('serial');
        return json(200, await recorded('card.changed', name, () => agent.editCard(name, body)));
      },
    }),
    defineCall({
      method: 'DELETE',
      path: '/cards/{serial}',
      summary: 'Destroys a card; one that is in the reader leaves it',
      answers: { 204: 'There is no such card any more', 404: 'There was none', 503: 'No agent answers here' },
      async handle({ part }) {
        const name = part('serial');
        await recorded('card.destroyed', name, () => agent.removeCard(name));
        return noContent();
      },
    }),
  ];
}
