import { z } from 'zod';
import { paths } from '../../cis/protocol.ts';
import { defineCall } from '../api/call.ts';
import { pageLimit } from '../api/request.ts';
import type { Resource } from './resource.ts';

/** `GET /mail`: the messages of CIS, also without a mail server. */
export const mail: Resource = {
  only: 'development',
  calls: ({ cis }) => [
    defineCall({
      method: 'GET',
      path: '/mail',
      summary: 'Lists the mail of CIS, newest first; development only',
      query: z.strictObject({ limit: pageLimit }),
      answers: { 200: 'The messages' },
      handle: ({ query }) =>
        cis.relay({ method: 'GET', path: `${paths.mailOutbox}?${new URLSearchParams({ ...query })}` }),
    }),
  ],
};
