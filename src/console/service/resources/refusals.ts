import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { periodNames } from '../../../journeys/model.ts';
import { type FoundRefusal, refusalMembers } from '../../../storage/refusals.ts';
import { causesOf, refusalCauses } from '../../explanations/refusal-causes.ts';
import { currentCaller } from '../../model/administrators/admission.ts';
import { errors } from '../../model/errors.ts';
import { pageLimit } from '../../model/request.ts';
import { defineCall, type Resource } from '../api/call.ts';

const maxIdLength = 200;
const maxListed = 100;

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
        received: z.string().optional(),
        expected: z.string().optional(),
      })
      .optional()
      .describe('What was wrong, for people'),
    earlier: z.array(z.string()).describe('Message ids of earlier refusals with this id'),
  })
  .meta({ id: 'Refusal' });

/** Returns a refusal as the caller may see it. */
function shown(found: FoundRefusal, now: number): object {
  // Its values may name a person, as in a journey.
  const { headline } = found.facts ?? {};
  const cut =
    currentCaller()?.role === 'read' ? { detail: '', facts: headline === undefined ? {} : { headline } } : {};
  return { ...found, ...cut, ageSeconds: Math.round((now - Date.parse(found.at)) / 1_000) };
}

/** `/refusals`: refused requests, the newest first or by message id, X-Request-ID or X-Correlation-ID. */
export const refusals: Resource = {
  calls: ({ refusals, journeys, clock }) => [
    defineCall('GET', '/refusals', {
      summary: 'Lists the refusals of the last thousand that are not of the console itself, the newest first',
      query: z.strictObject({ limit: pageLimit.describe('At most this many; 20 by default, 100 at most') }),
      answers: { 200: 'The refusals' },
      roles: ['support', 'read'],
      response: z.strictObject({ refusals: z.array(foundRefusal) }),
      async handle({ query: { limit = '20' } }) {
        const found = await refusals.newest(
          ({ service }) => service !== 'console',
          Math.min(Number(limit), maxListed),
        );
        return json(200, { refusals: found.map((refusal) => shown(refusal, clock.now())) });
      },
    }),
    defineCall('GET', '/refusals/causes', {
      summary:
        'Counts refused and failed requests of journeys by cause over time: the five most frequent, and the others',
      query: z.strictObject({
        period: z
          .enum(periodNames, { error: 'must be hour, day or week' })
          .optional()
          .describe('Until now, in buckets of 5 minutes, 1 hour or 6 hours; day by default'),
        application: z
          .string()
          .min(1, 'must not be empty')
          .max(200, 'must have at most 200 characters')
          .optional()
          .describe('Only journeys of this application'),
      }),
      answers: { 200: 'The causes, the most frequent first' },
      roles: ['support', 'read'],
      response: refusalCauses,
      handle: async ({ query: { period = 'day', application } }) =>
        json(200, causesOf(await journeys.refusalCounts({ period, application }))),
    }),
    defineCall('GET', '/refusals/:id', {
      summary: 'Explains a refused request: expected and received value, fix, and who must act',
      answers: { 200: 'The newest refusal with this id', 404: 'No refusal with this id is stored' },
      roles: ['support', 'read'],
      response: foundRefusal,
      async handle({ params: { id } }) {
        const found = id.length <= maxIdLength ? await refusals.find(id) : undefined;
        if (!found) throw errors.refusalUnknown('no stored refusal has this id');
        return json(200, shown(found, clock.now()));
      },
    }),
  ],
};
