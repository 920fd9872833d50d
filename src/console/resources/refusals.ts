import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { refusalMembers } from '../../storage/refusals.ts';
import { currentCaller } from '../administrators/admission.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { errors } from '../errors.ts';

const longestId = 200;

const foundRefusal = z
  .strictObject({
    ...refusalMembers,
    at: z.iso.datetime(),
    ageSeconds: z.number(),
    expected: z.string().describe('What a valid request has'),
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
        // Its values may name a person, as in a journey.
        const { headline } = found.facts ?? {};
        const shown =
          currentCaller()?.role === 'read'
            ? { detail: '', facts: headline === undefined ? {} : { headline } }
            : {};
        return json(200, {
          ...found,
          ...shown,
          ageSeconds: Math.round((clock.now() - Date.parse(found.at)) / 1_000),
        });
      },
    }),
  ],
};
