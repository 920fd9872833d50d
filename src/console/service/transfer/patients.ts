import { parseOwnJson } from '@alongside/kernel/json';
import { z } from 'zod';
import { type Database, sql } from '../../../storage/database.ts';
import { unchanged } from './preview.ts';

// The members of a PDS record that the PDS relies on. Its updates check the rest.

const text = z.string('must be text').max(1_000, 'must have at most 1000 characters');
const list = <S extends z.ZodType>(entry: S) =>
  z.array(entry, 'must be a list').max(1_000, 'must have at most 1000 entries');
const nhsNumber = z.string('must be text').regex(/^\d{10}$/, 'must be 10 digits');
const period = z.looseObject({ start: text });
const gender = z.enum(['male', 'female', 'other', 'unknown'], 'must be male, female, other or unknown');

const name = z.looseObject({
  use: text,
  family: text,
  given: list(text).optional(),
  prefix: list(text).optional(),
  suffix: list(text).optional(),
});
const address = z.looseObject({ use: text, line: list(text), postalCode: text.optional() });
const telecom = z.looseObject({ system: text, value: text });
const extension = z.looseObject({ url: text });
const concept = z.looseObject({ coding: list(z.looseObject({ code: text })) });
const organisation = z.looseObject({ identifier: z.looseObject({ value: text }) });

const person = {
  name: list(name).optional(),
  address: list(address).optional(),
  telecom: list(telecom).optional(),
  extension: list(extension).optional(),
};

const patient = z.looseObject({
  ...person,
  resourceType: z.literal('Patient', 'must be "Patient"'),
  id: nhsNumber,
  identifier: z.tuple([z.looseObject({ system: text, value: nhsNumber })], 'must hold the NHS number'),
  meta: z.looseObject({
    versionId: z.string('must be text').regex(/^[1-9]\d{0,8}$/, 'must be a number of a version'),
    security: z.tuple([z.looseObject({ code: z.enum(['U', 'R', 'V'], 'must be U, R or V') })]),
  }),
  gender: gender.optional(),
  birthDate: text.optional(),
  contact: list(z.looseObject({ period, relationship: list(concept), telecom: list(telecom) })).optional(),
  generalPractitioner: list(organisation).optional(),
  managingOrganization: organisation.optional(),
});

const related = z.looseObject({
  ...person,
  resourceType: z.literal('RelatedPerson', 'must be "RelatedPerson"'),
  id: text,
  active: z.boolean('must be true or false'),
  period,
  relationship: list(concept),
});

/** A stored record of the PDS. */
const record = z.strictObject({
  patient,
  hiddenAddress: list(address).optional(),
  related: list(related),
  coverage: z
    .looseObject({
      card: text,
      country: text,
      end: text,
      hidden: z.boolean('must be true or false').optional(),
    })
    .optional(),
  history: z.strictObject({
    name: list(name),
    address: list(address),
    telecom: list(telecom),
    gender: list(gender),
  }),
  supersededBy: nhsNumber.nullable(),
  invalidated: z.boolean('must be true or false'),
});

type ExportedPatient = z.output<typeof record>;

export const patientShape = unchanged<ExportedPatient>(record);

/** Returns all patients by NHS number. The version of the row replaces the one in the record. */
export async function exportedPatients(database: Database): Promise<ExportedPatient[]> {
  const rows = await database.all<{ version: number; body: string }>(
    sql('SELECT version, body FROM patient ORDER BY nhs_number'),
  );
  return rows.map(({ version, body }) => {
    const record = parseOwnJson<ExportedPatient>(body);
    record.patient.meta.versionId = String(version);
    return record;
  });
}
