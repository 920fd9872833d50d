import { z } from 'zod';
import { consolePaths, type DeliveryAnswer, type SessionAnswer } from '../../cis2/protocol.ts';
import { defineCall } from '../api/call.ts';
import { sessionsSection } from '../page/sessions.ts';
import type { Resource } from './resource.ts';

const session: z.ZodType<SessionAnswer> = z
  .strictObject({
    sid: z.string(),
    uid: z.string(),
    authenticator: z.string(),
    methods: z.array(z.string()),
    level: z.number(),
    roleId: z.string().nullable(),
    cisSessionId: z.string().nullable(),
    clients: z.array(z.string()),
    createdAt: z.iso.datetime(),
    activeAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' });

const delivery: z.ZodType<DeliveryAnswer> = z
  .strictObject({
    id: z.string(),
    sid: z.string(),
    uid: z.string(),
    clientId: z.string(),
    address: z.string(),
    cause: z.string(),
    state: z.enum(['pending', 'delivered', 'givenUp']),
    attempts: z.number(),
    result: z.string(),
    createdAt: z.iso.datetime(),
    triedAt: z.iso.datetime().nullable(),
    dueAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'LogoutDelivery' });

/** `/sessions` and `/logout-deliveries`: sign-in sessions at CIS2, and its back-channel logout messages. */
export const sessions: Resource = {
  section: sessionsSection,
  calls: ({ cis, cis2 }) => [
    defineCall({
      method: 'GET',
      path: '/sessions',
      summary: 'Lists live sign-in sessions at CIS2, newest first, of all people or of one',
      query: z.strictObject({ person: z.string().max(40).optional().describe('Persona or uid') }),
      answers: { 200: 'At most 200 sessions', 404: 'Unknown persona' },
      roles: ['support'],
      response: z.strictObject({ sessions: z.array(session) }),
      async handle({ query: { person } }) {
        const query = person === undefined ? '' : `?uid=${await cis.uidOf(person)}`;
        return cis2.relay({ method: 'GET', path: consolePaths.sessions + query });
      },
    }),
    defineCall({
      method: 'DELETE',
      path: '/sessions/:sid',
      summary: 'Ends a session, notifies its relying parties and revokes its tokens',
      answers: { 204: 'Ended', 404: 'No live session has this sid' },
      roles: ['support'],
      handle: ({ params }) => cis2.relay({ method: 'DELETE', path: consolePaths.session(params.sid) }),
    }),
    defineCall({
      method: 'GET',
      path: '/logout-deliveries',
      summary: 'Lists back-channel logout messages of the last seven days, newest first',
      query: z.strictObject({ since: z.string().max(40).optional().describe('ISO time') }),
      answers: { 200: 'At most 200 messages', 400: 'Invalid time' },
      roles: ['support'],
      response: z.strictObject({ deliveries: z.array(delivery) }),
      handle: ({ query }) =>
        cis2.relay({
          method: 'GET',
          path: `${consolePaths.deliveries}?${new URLSearchParams({ ...query })}`,
        }),
    }),
    defineCall({
      method: 'POST',
      path: '/logout-deliveries/:id/send',
      summary: 'Sends a back-channel logout message again, with a new logout token',
      answers: { 200: 'The message after the attempt', 404: 'Unknown message' },
      roles: [],
      response: delivery,
      handle: ({ params }) => cis2.relay({ method: 'POST', path: consolePaths.sendDelivery(params.id) }),
    }),
  ],
};
