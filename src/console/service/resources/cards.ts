import { json, noContent } from '@alongside/kernel/answer';
import { randomDigits } from '@alongside/kernel/ids';
import { z } from 'zod';
import { socketCard } from '../../../../identity-agent/protocol/answers.ts';
import { apiPath, defineCall, type Resource } from '../api/call.ts';

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
  serial: z
    .string('must be text')
    .regex(/^[0-9]{12}$/, 'must be 12 digits')
    .optional()
    .describe('Of an ordered card; random by default'),
});

const change = z.strictObject({ pin: pin.optional(), locked: locked.optional() });

/** `/cards`: the virtual cards of the local agent, by serial or by persona or uid of the holder. */
export const cards: Resource = {
  only: 'development',
  calls({ agent, cis, audit }) {
    /** The agent stores the cards, so no batch here can contain the record. */
    const recorded = <T>(
      action: 'card.made' | 'card.changed' | 'card.destroyed',
      target: string,
      act: () => Promise<T>,
    ) => audit.recordThen({ actor: 'developer', action, target }, act);

    return [
      defineCall('GET', '/cards', {
        summary: 'Returns the virtual cards of the local agent',
        answers: { 200: 'The cards', 503: 'No agent responds on this machine' },
        response: z.strictObject({ cards: z.array(socketCard) }),
        handle: async () => json(200, { cards: await agent.cards() }),
      }),
      defineCall('POST', '/cards', {
        summary: 'Creates a card for a person; its keys are generated when it is first inserted',
        body: newCard,
        answers: { 201: 'The card', 404: 'Unknown person', 503: 'No agent responds on this machine' },
        response: socketCard,
        async handle({ body: { person: name, ...options } }) {
          const { uid, persona, displayName } = await cis.person(name);
          const { serial = randomDigits(12) } = options;
          const seed = {
            ...options,
            serial,
            uid,
            name: displayName,
            ...(persona === null ? {} : { persona }),
          };
          const card = await recorded('card.made', serial, () => agent.addCard(seed));
          return json(201, card, { location: `${apiPath}/cards/${card.serial}` });
        },
      }),
      defineCall('PATCH', '/cards/:serial', {
        summary: 'Changes the PIN of a card, blocks it or restores its attempts',
        body: change,
        answers: { 200: 'The card', 404: 'Unknown card', 503: 'No agent responds on this machine' },
        response: socketCard,
        handle: async ({ params: { serial }, body }) =>
          json(200, await recorded('card.changed', serial, () => agent.editCard(serial, body))),
      }),
      defineCall('DELETE', '/cards/:serial', {
        summary: 'Destroys a card and removes it from the reader',
        answers: { 204: 'Destroyed', 404: 'Unknown card', 503: 'No agent responds on this machine' },
        async handle({ params: { serial } }) {
          await recorded('card.destroyed', serial, () => agent.removeCard(serial));
          return noContent();
        },
      }),
    ];
  },
};
