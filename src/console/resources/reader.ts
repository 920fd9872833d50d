import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import type { LocalAgent } from '../agent.ts';
import { defineCall } from '../api/call.ts';
import { virtualCard } from './cards.ts';
import type { Resource } from './resource.ts';

const insertion = z.strictObject({
  card: z
    .string('must name a card')
    .min(1, 'must name a card')
    .max(60)
    .describe('Serial of a card, or persona or uid of its holder'),
});

const shown = async (agent: LocalAgent) => {
  const cards = await agent.cards();
  return json(200, { card: cards.find(({ inserted }) => inserted) ?? null });
};

const readerState = z.strictObject({ card: virtualCard.nullable() });

/** `/readers/0`: the virtual reader of the local agent. */
export const reader: Resource = {
  only: 'development',
  calls: ({ agent }) => [
    defineCall('GET', '/readers/0', {
      summary: 'Returns the card in the reader',
      answers: { 200: 'The card, or null', 503: 'No agent responds on this machine' },
      response: readerState,
      handle: () => shown(agent),
    }),
    defineCall('PUT', '/readers/0/card', {
      summary: 'Inserts a card, in place of another one',
      body: insertion,
      answers: { 200: 'The reader', 404: 'Unknown card', 503: 'No agent responds on this machine' },
      response: readerState,
      async handle({ body }) {
        await agent.insertCard(body.card);
        return shown(agent);
      },
    }),
    defineCall('DELETE', '/readers/0/card', {
      summary: 'Removes the card',
      answers: { 200: 'The empty reader', 503: 'No agent responds on this machine' },
      response: readerState,
      async handle() {
        await agent.takeCard();
        return shown(agent);
      },
    }),
  ],
};
