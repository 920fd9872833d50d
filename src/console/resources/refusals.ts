import { json } from '@alongside/kernel/answer';
import { actors } from '@alongside/kernel/errors';
import { z } from 'zod';
import { defineCall, type Resource } from '../api/call.ts';
import { errors } from '../errors.ts';

const longestId = 200;

const foundRefusal = z
  .strictObject({
    messageId: z.string(),
    at: z.iso.datetime(),
    ageSeconds: z.number(),
    service: z.string(),
    error: z.string(),
    code: z.string(),
    status: z.number(),
    description: z.string(),
    expected: z.string().describe('What a valid request has'),
    detail: z.string(),
    fix: z.string(),
    actor: z.enum(actors),
    source: z.string(),
    method: z.string(),
    path: z.string(),
    facts: z
      .strictObject({
        field: z.string().optional(),
        headline: z.string().optional(),
        came: z.string().optional(),
        expected: z.string().optional(),
      })
      .optional()
      .describe('What was wrong, for people'),
    earlier: z.array(z.string()).describe('Message ids of earlier refusals with this id'),
  })
  .meta({ id: 'Refusal' });

/** `GET /refusals/{id}`: a refused request by its message id, X-Request-ID or X-Correlation-ID. */
export const refusals: Resource = {
  calls: ({ refusals, clock }) => [
    defineCall('GET', '/refusals/:id', {
      summary: 'Explains a refused request: expected and received value, fix, and who must act',
      answers: { 200: 'The newest refusal with this id', 404: 'No refusal with this id is stored' },
      roles: ['support', 'read'],
      response: foundRefusal,
      async handle({ params: { id } }) {
        const found = id.length <= longestId ? await refusals.find(id) : undefined;
        if (!found) throw errors.refusalUnknown('no stored refusal has this id');
        return json(200, { ...found, ageSeconds: Math.round((clock.now() - Date.parse(found.at)) / 1_000) });
      },
    }),
  ],
};
