import { z } from 'zod';
import { consolePaths } from '../../cis2/protocol.ts';
import { defineCall } from '../api/call.ts';
import { sessionsSection } from '../page/sessions.ts';
import type { Resource } from './resource.ts';

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
      handle: ({ params }) => cis2.relay({ method: 'DELETE', path: consolePaths.session(params.sid) }),
    }),
    defineCall({
      method: 'GET',
      path: '/logout-deliveries',
      summary: 'Lists back-channel logout messages of the last seven days, newest first',
      query: z.strictObject({ since: z.string().max(40).optional().describe('ISO time') }),
      answers: { 200: 'At most 200 messages', 400: 'Invalid time' },
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
      handle: ({ params }) => cis2.relay({ method: 'POST', path: consolePaths.sendDelivery(params.id) }),
    }),
  ],
};
