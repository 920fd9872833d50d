import { Answer } from '@alongside/kernel/answer';
import { z } from 'zod';
import { paths } from '../../cis/protocol.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { relayed } from '../neighbour.ts';

/** Largest import in bytes, as CIS has it. */
const largest = 33_554_432;
const format = z.enum(['json', 'csv'], 'must be "json" or "csv"');

const importOrder = z
  .strictObject({
    csv: z.string('must be text').optional().describe('CSV as the export gives it'),
    document: z.looseObject({}).optional().describe('The JSON document of the export'),
    dryRun: z.boolean('must be true or false').default(false),
  })
  .refine(
    ({ csv, document }) => (csv === undefined) !== (document === undefined),
    'must have either "csv" or "document"',
  );

/** `/directory`: the people of CIS as one file, out and in. */
export function directoryCalls({ cis }: { cis: CisDirectory }): ApiCall[] {
  return [
    defineCall({
      method: 'GET',
      path: '/directory/export',
      summary: 'People, organisations and activities as one document, JSON or CSV',
      query: z.strictObject({ format: format.default('json') }),
      answers: { 200: 'The document' },
      async handle({ query }) {
        const path = `${paths.directoryExport}?format=${query.format}`;
        const answer = await cis.call({ method: 'GET', path, isLong: true });
        return typeof answer.body === 'string'
          ? new Answer(
              answer.status,
              { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'no-store' },
              answer.body,
            )
          : relayed(answer);
      },
    }),
    defineCall({
      method: 'POST',
      path: '/directory/import',
      summary: 'Adds and changes people by such a document; all of it or nothing',
      body: importOrder,
      bodyLimit: largest,
      answers: { 200: 'How many of each', 422: 'What is wrong, by line; nothing was written' },
      async handle({ body: { csv, document, dryRun } }) {
        const path = `${paths.directoryImport}?dryRun=${dryRun}`;
        const type = csv === undefined ? 'application/json' : 'text/csv';
        return relayed(await cis.call({ method: 'POST', path, body: csv ?? document, type, isLong: true }));
      },
    }),
    defineCall({
      method: 'GET',
      path: '/directory/activities/{person}',
      summary: 'The activities of each role of a person, with those that others include',
      answers: { 200: 'Roles and their activities', 404: 'Nobody has this uid or persona' },
      handle: async ({ part }) =>
        relayed(
          await cis.call({ method: 'GET', path: paths.personActivities(await cis.uidOf(part('person'))) }),
        ),
    }),
  ];
}
