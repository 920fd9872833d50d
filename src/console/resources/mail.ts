import { z } from 'zod';
import { type OutboxMail, paths } from '../../cis/protocol.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { pageLimit } from '../api/request.ts';

const mailResponse: z.ZodType<OutboxMail> = z
  .strictObject({
    id: z.string(),
    to: z.string(),
    subject: z.string(),
    text: z.string(),
    createdAt: z.iso.datetime(),
    state: z.enum(['kept', 'waiting', 'sent', 'failed']),
    attempts: z.number(),
    problem: z.string().nullable(),
    sentAt: z.iso.datetime().nullable(),
    messageId: z.string().nullable(),
  })
  .meta({ id: 'Mail' });

/** `/mail`: the messages of CIS, also without a mail server. */
export const mail: Resource = {
  only: 'development',
  calls: ({ cis }) => [
    defineCall('GET', '/mail', {
      summary: 'Lists the mail of CIS, newest first; development only',
      query: z.strictObject({ limit: pageLimit }),
      answers: { 200: 'The messages' },
      response: z.strictObject({ mails: z.array(mailResponse) }),
      handle: ({ query }) =>
        cis.relay({ method: 'GET', path: `${paths.mailOutbox}?${new URLSearchParams({ ...query })}` }),
    }),
    defineCall('GET', '/mail/:id', {
      summary: 'Returns one mail of CIS; development only',
      answers: { 200: 'The message, with the id of the request that caused it', 404: 'Unknown mail' },
      response: mailResponse,
      handle: ({ params }) => cis.relay({ method: 'GET', path: paths.mail(params.id) }),
    }),
  ],
};
