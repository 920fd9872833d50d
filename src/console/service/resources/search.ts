import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { found, search } from '../../explanations/search.ts';
import { everyRole } from '../../model/administrators/roles.ts';
import { defineCall, type Resource } from '../api/call.ts';

const query = z.strictObject({
  q: z
    .string('must be given')
    .trim()
    .min(1, 'must not be empty')
    .max(200, 'must have at most 200 characters')
    .describe(
      'An error code, words of a refusal, a path, a status, the id of an error, an application, a person, or any id',
    ),
});

/** `GET /search`: everything that the caller may see and that has these words. */
export const searches: Resource = {
  calls: (console) => [
    defineCall('GET', '/search', {
      summary:
        'Finds errors, journeys, applications, people and patients by words or an id: five journeys, ten of each other kind',
      query,
      answers: { 200: 'What was found; what has this id comes first', 400: 'No words, or too many' },
      roles: everyRole,
      response: z.strictObject({ results: z.array(found) }),
      handle: async ({ query: { q } }) => json(200, { results: await search(q, console) }),
    }),
  ],
};
