import { json } from '@alongside/kernel/answer';
import { type ApiCall, defineCall } from '../api/call.ts';
import type { ConsoleDependencies } from '../dependencies.ts';
import { errors } from '../errors.ts';

/** Longest id that is looked up. */
const longestId = 200;

/** `GET /refusals/{id}`: why a request was refused, by its message id, or by the X-Request-ID or X-Correlation-ID that it carried. */
export const refusalCalls = ({
  refusals,
  clock,
}: Pick<ConsoleDependencies, 'refusals' | 'clock'>): ApiCall[] => [
  defineCall({
    method: 'GET',
    path: '/refusals/{id}',
    summary: 'Why a service refused a request: what was expected and received, the fix, and who must act',
    answers: { 200: 'The newest refusal with this id', 404: 'No refusal with this id is stored' },
    async handle({ part }) {
      const id = part('id');
      const found = id.length <= longestId ? await refusals.find(id) : undefined;
      if (!found) throw errors.refusalUnknown('no stored refusal has this id');
      return json(200, { ...found, ageSeconds: Math.round((clock.now() - Date.parse(found.at)) / 1_000) });
    },
  }),
];
