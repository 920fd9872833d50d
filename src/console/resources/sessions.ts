import { noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import { consolePaths } from '../../cis2/protocol.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { type Neighbour, relayed } from '../neighbour.ts';

/** `/sessions` and `/logout-deliveries`: who is signed in at CIS2, and whom it told that somebody no longer is. */
export function sessionCalls({ cis, cis2 }: { cis: CisDirectory; cis2: Neighbour }): ApiCall[] {
  return [
    defineCall({
      method: 'GET',
      path: '/sessions',
      summary: 'Live sign-in sessions at CIS2, the newest first; of one person',
      query: z.strictObject({ person: z.string().max(40).optional().describe('Persona or uid') }),
      answers: { 200: 'The sessions, 200 at most', 404: 'Nobody has this persona' },
      async handle({ query: { person } }) {
        const query = person === undefined ? '' : `?uid=${await cis.uidOf(person)}`;
        return relayed(await cis2.call({ method: 'GET', path: consolePaths.sessions + query }));
      },
    }),
    defineCall({
      method: 'DELETE',
      path: '/sessions/{sid}',
      summary: 'Ends a session: its relying parties are told, and the tokens of the platform are dead',
      answers: { 204: 'It has ended', 404: 'No live session has this sid' },
      async handle({ part }) {
        const answer = await cis2.call({ method: 'DELETE', path: consolePaths.session(part('sid')) });
        return answer.status === 204 ? noContent() : relayed(answer);
      },
    }),
    defineCall({
      method: 'GET',
      path: '/logout-deliveries',
      summary: 'Back-channel logout messages of the last seven days, the newest first',
      query: z.strictObject({ since: z.string().max(40).optional().describe('ISO time') }),
      answers: { 200: 'The messages, 200 at most', 400: 'The time is none' },
      async handle({ query }) {
        const path = `${consolePaths.deliveries}?${new URLSearchParams({ ...query })}`;
        return relayed(await cis2.call({ method: 'GET', path }));
      },
    }),
    defineCall({
      method: 'POST',
      path: '/logout-deliveries/{id}/send',
      summary: 'Sends a back-channel logout message again, with a fresh logout token',
      answers: { 200: 'The message after the attempt', 404: 'There is none' },
      handle: async ({ part }) =>
        relayed(await cis2.call({ method: 'POST', path: consolePaths.sendDelivery(part('id')) })),
    }),
  ];
}
