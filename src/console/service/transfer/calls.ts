import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { readShape } from '../../model/request.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { documentShape, exportedState, type ImportDocument } from './document.ts';
import { InstallationState } from './installation-state.ts';
import { listPreview, previewOf } from './preview.ts';

/** Maximum import size in bytes, for about ten thousand patients. */
const importLimit = 67_108_864;

const query = z.strictObject({
  cards: z
    .enum(['true', 'false'], 'must be true or false')
    .default('true')
    .describe('Whether to include the cards of the local agent'),
});

const count = z.number();
const importedCounts = z.strictObject({
  products: count,
  applications: count,
  people: count,
  apis: count.nullable(),
  patients: count,
  cards: count.nullable(),
  cardRecords: count.nullable(),
});

/** `GET /export` and `POST /import`: the configured state, without events, audit log and keys of services. */
export const transfer: Resource = {
  calls(console) {
    const { audit, urls, development } = console;
    const state = new InstallationState(console);
    const entry = { actor: 'developer', target: 'installation' } as const;

    return [
      defineCall('GET', '/export', {
        summary:
          'Exports products, applications, people, APIs, patients and cards; contains hashes of secrets and keys of cards, so keep it secret',
        query,
        answers: { 200: 'The state', 503: 'The agent or CIS does not respond' },
        roles: [],
        response: exportedState,
        async handle({ query: { cards } }) {
          const exported = await state.exported(cards === 'true');
          await audit.recordAlone({ ...entry, action: 'state.exported', outcome: 'ok' });
          return json(200, exported);
        },
      }),
      defineCall('POST', '/import', {
        summary: 'Replaces the state with an export; removes everything that the export lacks',
        body: documentShape(urls, development),
        bodyLimit: importLimit,
        answers: {
          200: 'The new number of each; null for cards that did not change',
          400: 'Invalid member: "field" and "problem"; nothing is changed',
          413: 'The body is too long',
          503: 'The agent or CIS does not respond; nothing is changed',
        },
        roles: [],
        response: z.strictObject({ imported: importedCounts }),
        async handle({ body }) {
          await audit.recordThen({ ...entry, action: 'state.imported' }, () => state.replace(body));
          const { cards, cardRecords, ...lists } = body;
          return json(200, {
            imported: {
              products: lists.products.length,
              applications: lists.applications.length,
              people: lists.people.length,
              apis: lists.apis?.length ?? null,
              patients: lists.patients.length,
              cards: cards?.length ?? null,
              cardRecords: cardRecords?.length ?? null,
            },
          });
        },
      }),
      defineCall('POST', '/import/preview', {
        summary: 'Validates an export and returns what an import would change, without changing anything',
        body: documentShape(urls, development),
        bodyLimit: importLimit,
        answers: {
          200: 'For each list the entries now and afterwards; null for lists that would not change',
          400: 'Invalid member: "field" and "problem"',
          413: 'The body is too long',
          503: 'The agent or CIS does not respond',
        },
        roles: [],
        response: z.strictObject({ preview: z.record(z.string(), listPreview.nullable()) }),
        async handle({ body }) {
          if (body.apis) await state.prepareApis(body.apis);
          // Read like the document, because reading fills in defaults.
          const before = readShape(documentShape(urls, true), await state.exported(body.cards !== undefined));
          const replaced = ({ applications, ...lists }: ImportDocument) => ({
            ...lists,
            applications: applications.filter((application) => !state.keeps(application)),
          });
          return json(200, { preview: previewOf(replaced(before), replaced(body)) });
        },
      }),
    ];
  },
};
