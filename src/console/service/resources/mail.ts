import { z } from 'zod';
import { outboxAnswer, outboxMail } from '../../../cis/protocol/answers.ts';
import { paths } from '../../../cis/protocol.ts';
import { pageLimit } from '../../model/request.ts';
import { defineCall, type Resource } from '../api/call.ts';

/** `/mail`: the messages of CIS, also without a mail server. */
export const mail: Resource = {
  only: 'development',
  calls: ({ cis }) => [
    defineCall('GET', '/mail', {
      summary: 'Lists the mail of CIS, newest first; development only',
      query: z.strictObject({ limit: pageLimit }),
      answers: { 200: 'The messages' },
      response: outboxAnswer,
      handle: ({ query }) => cis.relay({ path: paths.mailOutbox, query }),
    }),
    defineCall('GET', '/mail/:id', {
      summary: 'Returns one mail of CIS; development only',
      answers: { 200: 'The message, with the id of the request that caused it', 404: 'Unknown mail' },
      response: outboxMail,
      handle: ({ params }) => cis.relay({ path: paths.mail(params.id) }),
    }),
  ],
};
