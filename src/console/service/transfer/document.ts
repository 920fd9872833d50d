import { z } from 'zod';
import { person } from '../../../cis/protocol/answers.ts';
import { draftShape } from '../../../gateway/protocol.ts';
import type { Urls } from '../../../service.ts';
import { productShape } from '../resources/products.ts';
import { applicationShape, uniqueClients } from './applications.ts';
import { cardOutline } from './cards.ts';
import { cardRecordOutline, personOutline, uniqueClaims } from './cis.ts';
import { patientShape } from './patients.ts';
import { findRepeated, type UniqueValue } from './preview.ts';

const listOf = <S extends z.ZodType>(entry: S) =>
  z.array(entry, 'must be a list').max(100_000, 'must have at most 100000 entries');

function named<T>(entries: readonly T[], member: string, nameOf: (entry: T) => string): UniqueValue[] {
  return entries.map((entry, index) => ({ at: [index, member], value: nameOf(entry) }));
}

/** The document of an import. Its lists are of unique entries. */
export const documentShape = (urls: Urls, development: boolean) =>
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

export type ImportDocument = z.output<ReturnType<typeof documentShape>>;

/** The document of an export. */
export const exportedState = z.strictObject({
  version: z.literal(1),
  products: z.array(productShape),
  applications: z.array(z.looseObject({ id: z.string(), name: z.string() })),
  people: z.array(person),
  apis: z.array(draftShape),
  patients: z.array(z.looseObject({ patient: z.looseObject({ id: z.string() }) })),
  cardRecords: z.array(z.looseObject({ serial: z.string(), uid: z.string() })),
  cards: z.array(z.looseObject({ serial: z.string(), uid: z.string() })).optional(),
});
