import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import type { LocalAgent } from '../agent.ts';
import { type ApiCall, defineCall } from '../api/call.ts';

const insertion = z.strictObject({
  card: z
    .string('must name a card')
    .min(1, 'must name a card')
    .max(60)
    .describe('Serial of a card, or persona or uid of its holder'),
});

/** `/readers/0`: the virtual reader of the local agent. */
export function readerCalls({ agent }: { agent: LocalAgent }): ApiCall[] {
  const reader = async () => {
    const cards = await agent.cards();
    return json(200, { card: cards.find(({ inserted }) => inserted) ?? null });
  };

  return [
    defineCall({
      method: 'GET',
      path: '/readers/0',
      summary: 'The reader, and the card in it',
      answers: { 200: 'The card, or null', 503: 'No agent answers here' },
      handle: reader,
    }),
    defineCall({
      method: 'PUT',
      path: '/readers/0/card',
      summary: 'Puts a card into the reader; another one leaves it',
      body: insertion,
      answers: { 200: 'The reader', 404: 'There is no such card', 503: 'No agent answers here' },
      async handle({ body }) {
        await agent.insertCard(body.card);
        return reader();
      },
    }),
    defineCall({
      method: 'DELETE',
      path: '/readers/0/card',
      summary: 'Takes the card out',
      answers: { 200: 'The empty reader', 503: 'No agent answers here' },
      async handle() {
        await agent.takeCard();
        return reader();
      },
    }),
  ];
}
