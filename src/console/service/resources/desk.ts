import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import { type AgentStatus, agentStatus } from '../../../../identity-agent/protocol/answers.ts';
import type { LocalAgent } from '../../model/agent.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { errors } from '../../model/errors.ts';
import { invalidMember } from '../../model/request.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { realTime } from './clock.ts';
import { switchAllOff } from './faults.ts';

/** The PIN of every card that got no other. A card keeps only a hash of its own. */
const defaultPin = '123456';

const deskShape = z.strictObject({
  person: z
    .string('must be a persona or uid, or null')
    .min(1, 'must be a persona or uid, or null')
    .max(40)
    .nullable()
    .describe('Persona or uid of the person; null removes the card'),
  pin: z
    .string('must be text')
    .regex(/^\d{1,12}$/, 'must be digits')
    .optional()
    .describe('123456 by default. If it is present, it is entered also if the person is already signed in'),
  role: z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(40)
    .optional()
    .describe('Id of a role of the person; by default the first, or that of the session'),
});
type Desk = z.output<typeof deskShape>;

interface Wanted {
  serial: string;
  uid: string;
  roleId: string | undefined;
}

/** Finds card and role before anything changes. */
async function wantedBy({ agent, cis }: ConsoleContext, name: string, role?: string): Promise<Wanted> {
  const { uid, roles } = await cis.person(name);
  if (role !== undefined && !roles.some(({ roleId }) => roleId === role))
    throw invalidMember(
      'role',
      `must be the id of a role of the person: ${roles.map(({ roleId }) => roleId).join(', ')}`,
    );
  const cards = (await agent.cards()).filter((card) => card.uid === uid);
  const card = cards.find(({ inserted }) => inserted) ?? cards[0];
  if (!card) throw errors.noCard(`${uid} has no virtual card`);
  return { serial: card.serial, uid, roleId: role };
}

const isDone = ({ state, person, role }: AgentStatus, { uid, roleId }: Wanted): boolean =>
  state === 'signedIn' && person?.uid === uid && (roleId === undefined || role?.roleId === roleId);

async function answerPrompts(agent: LocalAgent, wanted: Wanted, pin: string): Promise<AgentStatus> {
  let status = await agent.insertCard(wanted.serial);
  if (status.question === 'pin') status = await agent.answerPin(pin);
  if (status.state === 'blocked') throw errors.cardBlocked(status.reason ?? 'the PIN of the card is blocked');
  if (status.question !== 'role') return status;
  return agent.answerRole(wanted.roleId ?? status.roles[0]?.roleId ?? '');
}

async function setDesk(console: ConsoleContext, { person, pin, role }: Desk): Promise<AgentStatus> {
  const { agent } = console;
  if (person === null) return agent.takeCard();
  const wanted = await wantedBy(console, person, role);
  if (pin === undefined) {
    const status = await agent.status();
    if (isDone(status, wanted)) return status;
  }
  // A session keeps its user and its role, and in some modes outlives the card.
  await agent.takeCard();
  await agent.signOut();
  return answerPrompts(agent, wanted, pin ?? defaultPin);
}

/** `/desk` and `/tidy`: the workstation as tests want it, in one call each. */
export const desk: Resource = {
  only: 'development',
  calls: (console) => [
    defineCall('PUT', '/desk', {
      summary:
        'Signs a person in at the workstation: inserts the card, enters the PIN and selects the role. In the newer generation, the agent asks for the PIN later',
      body: deskShape,
      answers: {
        200: 'The state of the Identity Agent, also of a card that it rejects',
        400: 'Invalid member, or a role that the person does not have',
        403: 'The PIN is wrong; "attemptsLeft"',
        404: 'Unknown person',
        409: 'The person has no card',
        423: 'The card is blocked',
        503: 'No agent responds on this machine',
      },
      response: agentStatus,
      handle: async ({ body }) => json(200, await setDesk(console, body)),
    }),
    defineCall('POST', '/tidy', {
      summary: 'Removes the card, switches all faults off and returns to real time',
      answers: { 204: 'Tidied', 503: 'No agent responds on this machine' },
      async handle() {
        await console.agent.takeCard();
        await switchAllOff(console);
        await realTime(console);
        return noContent();
      },
    }),
  ],
};
