import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { defineCall } from '../api/call.ts';
import { workstationSection } from '../page/workstation.ts';
import type { Resource } from './resource.ts';

const pinShape = z.strictObject({ pin: z.string('must be text').regex(/^\d{1,12}$/, 'must be digits') });
const roleShape = z.strictObject({ roleId: z.string('must be text').min(1, 'must not be empty').max(40) });

/** `/agent`: the Identity Agent of this machine, and the user's answers to its prompts. */
export const agent: Resource = {
  only: 'development',
  section: workstationSection,
  calls: ({ agent }) => [
    defineCall({
      method: 'GET',
      path: '/agent',
      summary: 'Returns the state of the local Identity Agent: card, person, role and open prompt',
      answers: { 200: 'The state', 503: 'No agent responds on this machine' },
      handle: async () => json(200, await agent.status()),
    }),
    defineCall({
      method: 'POST',
      path: '/agent/pin',
      summary: 'Enters the PIN',
      body: pinShape,
      answers: {
        200: 'The new state',
        403: 'The PIN is wrong; "attemptsLeft"',
        409: 'The agent does not ask for a PIN',
        423: 'The card is blocked',
        503: 'No agent responds on this machine',
      },
      handle: async ({ body }) => json(200, await agent.answerPin(body.pin)),
    }),
    defineCall({
      method: 'POST',
      path: '/agent/role',
      summary: 'Selects the role',
      body: roleShape,
      answers: {
        200: 'The new state',
        409: 'The agent does not ask for a role',
        422: 'The person does not have this role',
        503: 'No agent responds on this machine',
      },
      handle: async ({ body }) => json(200, await agent.answerRole(body.roleId)),
    }),
    defineCall({
      method: 'DELETE',
      path: '/agent/session',
      summary: 'Signs out; the card stays in the reader',
      answers: { 200: 'The new state', 503: 'No agent responds on this machine' },
      async handle() {
        await agent.signOut();
        return json(200, await agent.status());
      },
    }),
  ],
};
