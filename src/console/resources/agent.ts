import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import type { LocalAgent } from '../agent.ts';
import { type ApiCall, defineCall } from '../api/call.ts';

const pinShape = z.strictObject({ pin: z.string('must be text').regex(/^\d{1,12}$/, 'must be digits') });
const roleShape = z.strictObject({ roleId: z.string('must be text').min(1, 'must not be empty').max(40) });

/** `/agent`: the local agent, and answers to its open question as the person would give them. */
export const agentCalls = ({ agent }: { agent: LocalAgent }): ApiCall[] => [
  defineCall({
    method: 'GET',
    path: '/agent',
    summary: 'The local Identity Agent: state, card, person, role, open question',
    answers: { 200: 'Its state', 503: 'No agent answers here' },
    handle: async () => json(200, await agent.status()),
  }),
  defineCall({
    method: 'POST',
    path: '/agent/pin',
    summary: 'Answers its PIN question',
    body: pinShape,
    answers: {
      200: 'The state after it',
      403: 'Wrong: "attemptsLeft"',
      409: 'No PIN is asked for',
      423: 'The card is blocked',
      503: 'No agent answers here',
    },
    handle: async ({ body }) => json(200, await agent.answerPin(body.pin)),
  }),
  defineCall({
    method: 'POST',
    path: '/agent/role',
    summary: 'Answers its role question',
    body: roleShape,
    answers: {
      200: 'The state after it',
      409: 'No role is asked for',
      422: 'The person does not have this role',
      503: 'No agent answers here',
    },
    handle: async ({ body }) => json(200, await agent.answerRole(body.roleId)),
  }),
  defineCall({
    method: 'DELETE',
    path: '/agent/session',
    summary: 'Signs out; the card stays in',
    answers: { 200: 'The state after it', 503: 'No agent answers here' },
    async handle() {
      await agent.signOut();
      return json(200, await agent.status());
    },
  }),
];
