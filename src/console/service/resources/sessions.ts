import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { deskSessionsAnswer } from '../../../cis/protocol/answers.ts';
import { paths } from '../../../cis/protocol.ts';
import { consolePaths, deliveriesAnswer, deliveryAnswer, sessionsAnswer } from '../../../cis2/protocol.ts';
import type { Neighbour } from '../../model/neighbour.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { answerLogoutDeliveries, sendLogoutAgain } from '../logout-deliveries.ts';

const ofPerson = z.strictObject({ person: z.string().max(40).optional().describe('Persona or uid') });

/** `/sessions`, `/desk-sessions` and `/logout-deliveries`: sessions at CIS2 and CIS, and back-channel logout messages. */
export const sessions: Resource = {
  calls({ cis, cis2, platform }) {
    const ofUid = async (person: string | undefined) => ({
      uid: person === undefined ? undefined : await cis.uidOf(person),
    });
    return [
      defineCall('GET', '/sessions', {
        summary: 'Lists live sign-in sessions at CIS2, newest first, of all people or of one',
        query: ofPerson,
        answers: { 200: 'At most 200 sessions', 404: 'Unknown persona' },
        roles: ['support'],
        response: sessionsAnswer,
        handle: async ({ query: { person } }) =>
          cis2.relay({ path: consolePaths.sessions, query: await ofUid(person) }),
      }),
      defineCall('DELETE', '/sessions/:sid', {
        summary: 'Ends a session, notifies its relying parties and revokes its tokens',
        answers: { 204: 'Ended', 404: 'No live session has this sid' },
        roles: ['support'],
        handle: ({ params }) => cis2.relay({ method: 'DELETE', path: consolePaths.session(params.sid) }),
      }),
      defineCall('GET', '/desk-sessions', {
        summary: 'Lists live sessions at workstations (CIS), newest first, of all people or of one',
        query: ofPerson,
        answers: { 200: 'At most 200 sessions', 404: 'Unknown persona' },
        roles: ['support'],
        response: deskSessionsAnswer,
        handle: async ({ query: { person } }) =>
          cis.relay({ path: paths.consoleSessions, query: await ofUid(person) }),
      }),
      defineCall('DELETE', '/desk-sessions/:id', {
        summary: 'Ends a session at a workstation, and the sessions at CIS2 that depend on it',
        answers: { 204: 'Ended', 404: 'No live session has this id' },
        roles: ['support'],
        handle: ({ params }) => cis.relay({ method: 'DELETE', path: paths.consoleSession(params.id) }),
      }),
      defineCall('DELETE', '/people/:person/sessions', {
        summary: 'Ends all sessions of a person, at CIS and at CIS2',
        answers: { 200: 'The number of ended sessions of each kind', 404: 'Unknown persona' },
        roles: ['support'],
        response: z.strictObject({ deskSessions: z.number(), sessions: z.number() }),
        async handle({ params: { person } }) {
          const uid = await cis.uidOf(person);
          const endedBy = async (neighbour: Neighbour, path: string) => {
            const { body } = await neighbour.call({ method: 'DELETE', path });
            return (body as { ended: number }).ended;
          };
          // CIS2 first: it then ends nothing a second time when CIS reports the end at the workstation.
          const sessions = await endedBy(cis2, consolePaths.sessionsOf(uid));
          return json(200, { sessions, deskSessions: await endedBy(cis, paths.consoleSessionsOf(uid)) });
        },
      }),
      defineCall('GET', '/logout-deliveries', {
        summary:
          'Lists back-channel logout messages of CIS2 and of the API platform of the last seven days, newest first',
        query: z.strictObject({ since: z.string().max(40).optional().describe('ISO time') }),
        answers: { 200: 'At most 200 messages', 400: 'Invalid time' },
        roles: ['support'],
        response: deliveriesAnswer,
        handle: ({ query }) => answerLogoutDeliveries({ cis2, platform }, query),
      }),
      defineCall('POST', '/logout-deliveries/:id/send', {
        summary: 'Sends a back-channel logout message again, with a new logout token',
        answers: { 200: 'The message after the attempt', 404: 'Unknown message' },
        roles: [],
        response: deliveryAnswer,
        handle: ({ params }) => sendLogoutAgain({ cis2, platform }, params.id),
      }),
    ];
  },
};
