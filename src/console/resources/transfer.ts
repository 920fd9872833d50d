import { json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { z } from 'zod';
import type { Applications } from '../../oauth/applications.ts';
import type { Products } from '../../oauth/products.ts';
import type { Urls } from '../../service.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { LocalAgent } from '../agent.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';
import {
  applicationShape,
  bringApplications,
  exportedApplication,
  placedClients,
} from '../transfer/applications.ts';
import { bringCardRecords, cardRecordOutline, exportedCardRecords } from '../transfer/card-records.ts';
import { bringCards, cardOutline, exportedCards } from '../transfer/cards.ts';
import { bringPeople, personOutline, placedClaims } from '../transfer/cis.ts';
import { bringPatients, exportedPatients, patientShape } from '../transfer/patients.ts';
import { bringProducts } from '../transfer/products.ts';
import { findTwice } from '../transfer/shapes.ts';
import { productShape } from './products.ts';

interface Parts {
  database: Database;
  applications: Applications;
  products: Products;
  cis: CisDirectory;
  agent: LocalAgent;
  audit: AuditLog;
  log: Log;
  urls: Urls;
}

/** Largest import in bytes: some ten thousand patients. */
const largest = 67_108_864;

const query = z.strictObject({
  cards: z
    .enum(['true', 'false'], 'must be true or false')
    .default('true')
    .describe('Whether the cards of the local agent are in it'),
});

const listOf = <S extends z.ZodType>(entry: S) =>
  z.array(entry, 'must be a list').max(100_000, 'must have at most 100000 entries');

const documentShape = (urls: Urls) =>
  z
    .strictObject({
      version: z.literal(1, 'must be 1: the export is of another version'),
      products: listOf(productShape),
      applications: listOf(applicationShape(urls)),
      people: listOf(personOutline),
      patients: listOf(patientShape),
      cards: listOf(cardOutline).optional().describe('Without it the cards stay as they are'),
      cardRecords: listOf(cardRecordOutline)
        .optional()
        .describe('What CIS knows of cards; without it that stays as it is'),
    })
    .check(({ value, issues }) => {
      const { products, applications, people, patients, cards = [], cardRecords = [] } = value;
      const named = (names: readonly string[], member: string) =>
        names.map((name, index) => ({ at: [index, member], value: name }));
      const unique = {
        products: [
          named(
            products.map(({ name }) => name),
            'name',
          ),
        ],
        applications: [
          named(
            applications.map(({ id }) => id),
            'id',
          ),
          placedClients(applications),
        ],
        people: [
          named(
            people.map(({ uid }) => uid),
            'uid',
          ),
          placedClaims(people),
        ],
        patients: [
          named(
            patients.map(({ patient }) => patient.id),
            'patient',
          ),
        ],
        cards: [
          named(
            cards.map(({ serial }) => serial),
            'serial',
          ),
        ],
        cardRecords: [
          named(
            cardRecords.map(({ serial }) => serial),
            'serial',
          ),
        ],
      };
      for (const [list, claims] of Object.entries(unique))
        for (const placed of claims) {
          const twice = findTwice(placed);
          if (!twice) continue;
          const message = `${twice.value} is there twice`;
          issues.push({ code: 'custom', message, path: [list, ...twice.at], input: value });
        }
    });

/** `GET /export`, `POST /import`: everything that was set up. What happened, and the keys of services, is not part of it. */
export function transferCalls(parts: Parts): ApiCall[] {
  const { database, applications, products, cis, agent, audit, log, urls } = parts;
  const shape = documentShape(urls);
  const entry = { actor: 'developer', target: 'installation' } as const;

  /** What others examine comes first, and is taken back when one of them refuses. */
  async function bring({ cards, cardRecords, people, ...own }: z.output<typeof shape>): Promise<void> {
    const before = await cis.everybody();
    const recordsBefore = await exportedCardRecords(cis);
    const bringCardsBack = cards ? await bringCards(agent, cards) : async () => undefined;
    try {
      await bringPeople(cis, people);
      if (cardRecords) await bringCardRecords(cis, cardRecords);
    } catch (error) {
      const failed = (thrown: unknown) => log.error({ reason: reasonOf(thrown) }, 'an import was not undone');
      if (cardRecords) await bringCardRecords(cis, recordsBefore).catch(failed);
      await bringPeople(cis, before).catch(failed);
      await bringCardsBack().catch(failed);
      throw error;
    }
    await bringProducts(products, own.products);
    await bringApplications(applications, own.applications);
    await bringPatients(database, own.patients);
  }

  let last: Promise<void> = Promise.resolve();
  /** One import at a time. */
  function bringNext(document: z.output<typeof shape>): Promise<void> {
    const next = last.catch(() => undefined).then(() => bring(document));
    last = next;
    return next;
  }

  return [
    defineCall({
      method: 'GET',
      path: '/export',
      summary:
        'Products, applications, people, patients and cards, with hashes of secrets and keys of cards: keep it as a secret',
      query,
      answers: { 200: 'The state', 503: 'No agent answers here, or CIS does not' },
      async handle({ query: { cards } }) {
        const state = {
          version: 1,
          products: (await products.list()).map(({ revision: _, ...product }) => product),
          applications: (await applications.list()).map(({ revision: _, ...application }) =>
            exportedApplication(application, urls),
          ),
          people: await cis.everybody(),
          patients: await exportedPatients(database),
          cardRecords: await exportedCardRecords(cis),
          ...(cards === 'true' ? { cards: await exportedCards(agent) } : {}),
        };
        await audit.recordAlone({ ...entry, action: 'state.exported', outcome: 'ok' });
        return json(200, state);
      },
    }),
    defineCall({
      method: 'POST',
      path: '/import',
      summary: 'Brings exactly the state of an export; all that it does not hold is removed',
      body: shape,
      bodyLimit: largest,
      answers: {
        200: 'How much of each there is now; cards are null where they were left alone',
        400: 'A member does not fit: "field" and "problem"; nothing is changed',
        413: 'It is too long',
        503: 'No agent answers here, or CIS does not; nothing is changed',
      },
      async handle({ body }) {
        await audit.recordThen({ ...entry, action: 'state.imported' }, () => bringNext(body));
        const { cards, cardRecords, ...lists } = body;
        return json(200, {
          imported: {
            products: lists.products.length,
            applications: lists.applications.length,
            people: lists.people.length,
            patients: lists.patients.length,
            cards: cards?.length ?? null,
            cardRecords: cardRecords?.length ?? null,
          },
        });
      },
    }),
  ];
}
