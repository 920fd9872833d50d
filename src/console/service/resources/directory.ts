import { Answer } from '@alongside/kernel/answer';
import { z } from 'zod';
import { directoryDocument, importAnswer, roleActivities } from '../../../cis/protocol/answers.ts';
import { importProgressType, paths } from '../../../cis/protocol.ts';
import { relayed } from '../../model/neighbour.ts';
import { defineCall, type Resource } from '../api/call.ts';

/** Maximum size in bytes of an import in a JSON body, which is read in one piece. */
const importLimit = 4_194_304;
const format = z.enum(['json', 'csv'], 'must be "json" or "csv"');

const importShape = z
  .strictObject({
    csv: z.string('must be text').optional().describe('CSV in the format of the export'),
    document: z.looseObject({}).optional().describe('The JSON document of the export'),
    dryRun: z.boolean('must be true or false').default(false),
  })
  .refine(
    ({ csv, document }) => (csv === undefined) !== (document === undefined),
    'must have either "csv" or "document"',
  );

/** `/directory`: exports and imports the people of CIS. */
export const directory: Resource = {
  calls: ({ cis }) => [
    defineCall('GET', '/directory/export', {
      summary: 'Exports people, organisations and activities as JSON or CSV',
      query: z.strictObject({ format: format.default('json') }),
      media: ['text/csv'],
      answers: { 200: 'The document' },
      roles: [],
      response: directoryDocument,
      async handle({ query }) {
        const answer = await cis.call({ path: paths.directoryExport, query, isLong: true });
        return typeof answer.body === 'string'
          ? new Answer(
              answer.status,
              { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'no-store' },
              answer.body,
            )
          : relayed(answer);
      },
    }),
    defineCall('POST', '/directory/import', {
      summary: 'Adds and changes people from an exported document of at most 4 MiB',
      body: importShape,
      bodyLimit: importLimit,
      answers: { 200: 'The number of changes of each kind', 422: 'Errors by line; nothing was written' },
      roles: [],
      response: importAnswer,
      async handle({ body: { csv, document, dryRun } }) {
        return cis.relay({
          method: 'POST',
          path: paths.directoryImport,
          query: { dryRun: String(dryRun) },
          isLong: true,
          body: csv ?? document,
          type: csv === undefined ? 'application/json' : 'text/csv',
        });
      },
    }),
    defineCall('POST', '/directory/import/file', {
      summary:
        'Adds and changes people from a CSV or JSON file of any size, which it validates before it writes; with Accept: application/x-ndjson, answers with lines of progress, and the last line has "status" and "result"',
      query: z.strictObject({
        dryRun: z
          .enum(['true', 'false'], 'must be true or false')
          .default('false')
          .describe('Whether to write nothing'),
      }),
      takes: ['text/csv', 'application/json'],
      media: [importProgressType],
      answers: {
        200: 'The number of changes of each kind, or lines of progress',
        400: 'Not such a document; nothing was written',
        409: 'Another import is running, or this one stopped: the same file continues it',
        422: 'Errors by line; nothing was written',
      },
      roles: [],
      response: importAnswer,
      handle: ({ request, query }) => cis.stream(request, paths.directoryImport, query),
    }),
    defineCall('GET', '/directory/activities/:person', {
      summary: 'Lists the activities of each role of a person, including implied ones',
      answers: { 200: 'Roles and their activities', 404: 'Unknown uid or persona' },
      roles: ['registration-authority', 'support'],
      response: z.strictObject({ roles: z.array(roleActivities) }),
      handle: async ({ params }) =>
        cis.relay({ path: paths.personActivities(await cis.uidOf(params.person)) }),
    }),
  ],
};
