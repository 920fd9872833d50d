import { z } from 'zod';
import { paths } from '../../cis/protocol.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { relayed } from '../neighbour.ts';

const query = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number')
    .optional(),
});

/** `GET /mail`: what CIS has mailed, or would have without a mail server; development only. */
export const mailCalls = ({ cis }: { cis: CisDirectory }): ApiCall[] => [
  defineCall({
    method: 'GET',
    path: '/mail',
    summary: 'The mails of CIS, the latest first; development only',
    query,
    answers: { 200: 'The mails' },
    handle: async ({ query: asked }) =>
      relayed(
        await cis.call({ method: 'GET', path: `${paths.mailOutbox}?${new URLSearchParams({ ...asked })}` }),
      ),
  }),
];
