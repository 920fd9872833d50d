import { json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import { z } from 'zod';
import { person } from '../../cis/protocol/answers.ts';
import { DefinitionError, draftShape } from '../../gateway/protocol.ts';
import type { Application } from '../../oauth/applications.ts';
import { isPlatform } from '../../seed/registrations.ts';
import type { Urls } from '../../service.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { readShape } from '../api/request.ts';
import { errors } from '../errors.ts';
import {
  applicationShape,
  exportedApplication,
  replaceApplications,
  replaceProducts,
  uniqueClients,
} from '../transfer/applications.ts';
import { cardOutline, exportedCards, replaceCards } from '../transfer/cards.ts';
import {
  cardRecordOutline,
  exportedCardRecords,
  personOutline,
  replaceCardRecords,
  replacePeople,
  uniqueClaims,
} from '../transfer/cis.ts';
import { exportedPatients, patientShape } from '../transfer/patients.ts';
import { findRepeated, listPreview, previewOf, type UniqueValue } from '../transfer/preview.ts';
import { productShape } from './products.ts';

/** Maximum import size in bytes, for about ten thousand patients. */
const importLimit = 67_108_864;

const query = z.strictObject({
  cards: z
    .enum(['true', 'false'], 'must be true or false')
    .default('true')
    .describe('Whether to include the cards of the local agent'),
});

const listOf = <S extends z.ZodType>(entry: S) =>
  z.array(entry, 'must be a list').max(100_000, 'must have at most 100000 entries');

function named<T>(entries: readonly T[], member: string, nameOf: (entry: T) => string): UniqueValue[] {
  return entries.map((entry, index) => ({ at: [index, member], value: nameOf(entry) }));
}

const documentShape = (urls: Urls, development: boolean) =>
  z
    .strictObject({
      version: z.literal(1, 'must be 1: the export is of another version'),
      products: listOf(productShape),
      applications: listOf(applicationShape(urls, development)),
      people: listOf(personOutline),
      apis: listOf(draftShape).optional().describe('APIs by definition; without it they do not change'),
      patients: listOf(patientShape),
      cards: listOf(cardOutline).optional().describe('Without it the cards do not change'),
      cardRecords: listOf(cardRecordOutline)
        .optional()
        .describe('The cards that CIS stores; without it they do not change'),
    })
    .check(({ value, issues }) => {
      const { products, applications, people, patients, cards = [], cardRecords = [] } = value;
      const unique: [list: string, values: UniqueValue[]][] = [
        ['products', named(products, 'name', ({ name }) => name)],
        ['applications', named(applications, 'id', ({ id }) => id)],
        ['applications', uniqueClients(applications)],
        ['people', named(people, 'uid', ({ uid }) => uid)],
        ['people', uniqueClaims(people)],
        ['apis', named(value.apis ?? [], 'name', ({ name, entry }) => name ?? entry)],
        ['patients', named(patients, 'patient', ({ patient }) => patient.id)],
        ['cards', named(cards, 'serial', ({ serial }) => serial)],
        ['cardRecords', named(cardRecords, 'serial', ({ serial }) => serial)],
      ];
      for (const [list, values] of unique) {
        const repeated = findRepeated(values);
        if (!repeated) continue;
        const message = `${repeated.value} is there twice`;
        issues.push({ code: 'custom', message, path: [list, ...repeated.at], input: value });
      }
    });

type ImportDocument = z.output<ReturnType<typeof documentShape>>;

const exportedState = z.strictObject({
  version: z.literal(1),
  products: z.array(productShape),
  applications: z.array(z.looseObject({ id: z.string(), name: z.string() })),
  people: z.array(person),
  apis: z.array(draftShape),
  patients: z.array(z.looseObject({ patient: z.looseObject({ id: z.string() }) })),
  cardRecords: z.array(z.looseObject({ serial: z.string(), uid: z.string() })),
  cards: z.array(z.looseObject({ serial: z.string(), uid: z.string() })).optional(),
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
  calls({ database, applications, products, apis, patients, cis, agent, audit, log, urls, development }) {
    /** In production, the platform has a secret of this installation alone. */
    const isKept = (application: Application) => !development && isPlatform(application);
    const entry = { actor: 'developer', target: 'installation' } as const;

    async function prepareApis(drafts: NonNullable<ImportDocument['apis']>) {
      try {
        return await apis.prepareReplacement(drafts);
      } catch (error) {
        if (!(error instanceof DefinitionError)) throw error;
        throw errors.definitionInvalid(error.message, { problem: error.message });
      }
    }

    /** Writes first to the neighbours, which may refuse, and then undoes those writes. */
    async function replaceAll({ cards, cardRecords, people, ...own }: ImportDocument): Promise<void> {
      const replaceApis = own.apis && (await prepareApis(own.apis));
      const peopleBefore = await cis.everyone();
      const recordsBefore = await exportedCardRecords(cis);
      const restoreCards = cards ? await replaceCards(agent, cards) : async () => undefined;
      try {
        await replacePeople(cis, people);
        if (cardRecords) await replaceCardRecords(cis, cardRecords);
      } catch (error) {
        const failed = (thrown: unknown) =>
          log.error({ reason: reasonOf(thrown) }, 'an import was not undone');
        if (cardRecords) await replaceCardRecords(cis, recordsBefore).catch(failed);
        await replacePeople(cis, peopleBefore).catch(failed);
        await restoreCards().catch(failed);
        throw error;
      }
      await replaceProducts(products, own.products);
      await replaceApplications(applications, own.applications, isKept);
      await replaceApis?.();
      await patients.replaceAll(own.patients);
    }

    const exportState = async (withCards: boolean) => ({
      version: 1,
      products: (await products.list()).map(({ revision: _, ...product }) => product),
      applications: (await applications.list()).map(({ revision: _, ...application }) =>
        exportedApplication(application, urls),
      ),
      people: await cis.everyone(),
      apis: await apis.drafts(),
      patients: await exportedPatients(database),
      cardRecords: await exportedCardRecords(cis),
      ...(withCards ? { cards: await exportedCards(agent) } : {}),
    });

    let last: Promise<void> = Promise.resolve();
    /** Runs one import at a time. */
    function replaceInTurn(document: ImportDocument): Promise<void> {
      last = last.catch(() => undefined).then(() => replaceAll(document));
      return last;
    }

    return [
      defineCall('GET', '/export', {
        summary:
          'Exports products, applications, people, APIs, patients and cards; contains hashes of secrets and keys of cards, so keep it secret',
        query,
        answers: { 200: 'The state', 503: 'The agent or CIS does not respond' },
        roles: [],
        response: exportedState,
        async handle({ query: { cards } }) {
          const state = await exportState(cards === 'true');
          await audit.recordAlone({ ...entry, action: 'state.exported', outcome: 'ok' });
          return json(200, state);
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
          await audit.recordThen({ ...entry, action: 'state.imported' }, () => replaceInTurn(body));
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
          if (body.apis) await prepareApis(body.apis);
          // Read like the document, because reading fills in defaults.
          const before = readShape(documentShape(urls, true), await exportState(body.cards !== undefined));
          const replaced = ({ applications, ...lists }: ImportDocument) => ({
            ...lists,
            applications: applications.filter((application) => !isKept(application)),
          });
          return json(200, { preview: previewOf(replaced(before), replaced(body)) });
        },
      }),
    ];
  },
};
