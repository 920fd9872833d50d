import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { agentStatus, signatureQuestion, socketCard } from '../../../../identity-agent/protocol/answers.ts';
import type { LocalAgent } from '../../model/agent.ts';
import { defineCall, type Resource } from '../api/call.ts';

const pinShape = z.strictObject({
  pin: z.string('must be text').regex(/^\d{1,12}$/, 'must be digits'),
  question: z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(40)
    .optional()
    .describe(
      'Answers only this prompt: "pin", or the "id" of GET /agent/question. By default, the open one',
    ),
});
const roleShape = z.strictObject({ roleId: z.string('must be text').min(1, 'must not be empty').max(40) });

/** `/agent`: the Identity Agent of this machine, and the user's answers to its prompts. */
export const agent: Resource = {
  only: 'development',
  calls: ({ agent }) => [
    defineCall('GET', '/agent', {
      summary: 'Returns the state of the local Identity Agent: card, person, role and open prompt',
      answers: { 200: 'The state', 503: 'No agent responds on this machine' },
      response: agentStatus,
      handle: async () => json(200, await agent.status()),
    }),
    defineCall('POST', '/agent/pin', {
      summary: 'Enters the PIN for the open prompt: a sign-in, or documents to sign',
      body: pinShape,
      answers: {
        200: 'The new state',
        403: 'The PIN is wrong; "attemptsLeft"',
        409: 'The agent does not ask for a PIN',
        423: 'The card is blocked',
        503: 'No agent responds on this machine',
      },
      response: agentStatus,
      handle: async ({ body }) => json(200, await agent.answerPin(body.pin, body.question)),
    }),
    defineCall('GET', '/agent/question', {
      summary: 'Returns the documents that a page wants signed, with their SHA-256',
      answers: {
        200: 'The documents',
        409: 'No page wants documents signed',
        503: 'No agent responds on this machine',
      },
      response: signatureQuestion,
      handle: async () => json(200, await agent.question()),
    }),
    defineCall('DELETE', '/agent/question', {
      summary: 'Declines to sign the documents',
      answers: {
        200: 'The new state',
        409: 'No page wants documents signed',
        503: 'No agent responds on this machine',
      },
      response: agentStatus,
      handle: async () => json(200, await agent.declineQuestion()),
    }),
    defineCall('POST', '/agent/role', {
      summary: 'Selects the role',
      body: roleShape,
      answers: {
        200: 'The new state',
        409: 'The agent does not ask for a role',
        422: 'The person does not have this role',
        503: 'No agent responds on this machine',
      },
      response: agentStatus,
      handle: async ({ body }) => json(200, await agent.answerRole(body.roleId)),
    }),
    defineCall('PUT', '/agent/screen', {
      summary: 'Locks or unlocks the screen of the workstation; the mode of the agent decides what follows',
      body: z.strictObject({ locked: z.boolean('must be true or false') }),
      answers: { 200: 'The new state', 503: 'No agent responds on this machine' },
      response: agentStatus,
      handle: async ({ body }) => json(200, await agent.lockScreen(body.locked)),
    }),
    defineCall('DELETE', '/agent/session', {
      summary: 'Signs out; the card stays in the reader',
      answers: { 200: 'The new state', 503: 'No agent responds on this machine' },
      response: agentStatus,
      async handle() {
        await agent.signOut();
        return json(200, await agent.status());
      },
    }),
  ],
};

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

const readerState = z.strictObject({ card: socketCard.nullable() });

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
