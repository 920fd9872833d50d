import { json } from '@alongside/kernel/answer';
import { defineCall } from '../api/call.ts';
import { errors } from '../errors.ts';
import { refusalSection } from '../page/refusal.ts';
import type { Resource } from './resource.ts';

const longestId = 200;

/** `GET /refusals/{id}`: a refused request by its message id, X-Request-ID or X-Correlation-ID. */
export const refusals: Resource = {
  section: refusalSection,
  calls: ({ refusals, clock }) => [
    defineCall({
      method: 'GET',
      path: '/refusals/:id',
      summary: 'Explains a refused request: expected and received value, fix, and who must act',
      answers: { 200: 'The newest refusal with this id', 404: 'No refusal with this id is stored' },
      async handle({ params: { id } }) {
        const found = id.length <= longestId ? await refusals.find(id) : undefined;
        if (!found) throw errors.refusalUnknown('no stored refusal has this id');
        return json(200, { ...found, ageSeconds: Math.round((clock.now() - Date.parse(found.at)) / 1_000) });
      },
    }),
  ],
};
