import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { openDatabase } from '../../../storage/dialects.ts';
import { isNhsNumber } from './nhs-number.ts';
import { generatePatients, reset, seed, seededPatients } from './seeds.ts';
import { Patients } from './store.ts';

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const dateTime = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+00:00$/);
const period = z.strictObject({ start: date, end: date.optional() });
const coding = z.strictObject({
  system: z.url(),
  version: z.string().optional(),
  code: z.string(),
  display: z.string().optional(),
});
const concept = z.strictObject({ coding: z.tuple([coding]) });
const organisation = z.strictObject({
  id: z.string().optional(),
  type: z.literal('Organization'),
  identifier: z.strictObject({
    system: z.literal('https://fhir.nhs.uk/Id/ods-organization-code'),
    value: z.string().regex(/^[A-Z0-9]{3,10}$/),
    period: period.optional(),
  }),
});
const name = z.strictObject({
  id: z.string().optional(),
  use: z.enum(['usual', 'temp', 'nickname', 'old', 'maiden']),
  period: period.optional(),
  given: z.array(z.string().min(1).max(35)).min(1).max(5).optional(),
  family: z.string().min(1).max(35),
  prefix: z.array(z.string()).optional(),
  suffix: z.array(z.string()).optional(),
});
const extension: z.ZodType = z.lazy(() =>
  z.strictObject({
    url: z.string().min(1),
    extension: z.array(extension).max(3).optional(),
    valueString: z.string().max(40).optional(),
    valueBoolean: z.boolean().optional(),
    valuePositiveInt: z.number().int().positive().optional(),
    valueDateTime: dateTime.optional(),
    valueCoding: coding.optional(),
    valueCodeableConcept: concept.optional(),
    valuePeriod: z.strictObject({ start: dateTime.optional(), end: dateTime.optional() }).optional(),
    valueAddress: z
      .strictObject({ city: z.string(), district: z.string(), country: z.string().length(3) })
      .optional(),
    valueReference: z
      .strictObject({ identifier: z.strictObject({ system: z.url(), value: z.string() }) })
      .optional(),
  }),
);
const address = z.strictObject({
  id: z.string().optional(),
  period,
  use: z.enum(['home', 'temp', 'billing']),
  text: z.string().optional(),
  line: z.array(z.string()).length(5),
  postalCode: z.string().regex(/^[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$/),
  extension: z.array(extension).optional(),
});
const telecom = z.strictObject({
  id: z.string().optional(),
  period: period.optional(),
  system: z.enum(['phone', 'fax', 'email', 'other']),
  value: z.string().min(1),
  use: z.enum(['home', 'work', 'temp', 'mobile']).optional(),
  extension: z.array(extension).max(1).optional(),
});
/** The published shape: `additionalProperties: false` for Patient and HumanName. */
const patient = z.strictObject({
  resourceType: z.literal('Patient'),
  id: z.string().refine(isNhsNumber),
  identifier: z.tuple([
    z.strictObject({
      system: z.literal('https://fhir.nhs.uk/Id/nhs-number'),
      value: z.string().refine(isNhsNumber),
      extension: z.tuple([extension]),
    }),
  ]),
  meta: z.strictObject({
    versionId: z.string().regex(/^[1-9]\d*$/),
    security: z.tuple([coding.extend({ code: z.enum(['U', 'R', 'V']) })]),
  }),
  name: z.array(name).min(1).optional(),
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional(),
  birthDate: date.optional(),
  multipleBirthInteger: z.number().int().min(1).max(9).optional(),
  deceasedDateTime: dateTime.optional(),
  address: z.array(address).optional(),
  telecom: z.array(telecom).optional(),
  contact: z
    .array(
      z.strictObject({ id: z.string(), period, relationship: z.tuple([concept]), telecom: z.array(telecom) }),
    )
    .optional(),
  generalPractitioner: z.tuple([organisation]).optional(),
  managingOrganization: organisation.optional(),
  extension: z.array(extension).optional(),
});

describe('seeded patients', () => {
  for (const record of [...seededPatients(), ...generatePatients(25)])
    test(`${record.patient.id} has the published shape`, () => {
      const { error } = patient.safeParse(record.patient);
      assert.equal(error && z.prettifyError(error), undefined);
      assert.equal(record.patient.identifier[0]?.value, record.patient.id);
    });

  test('have numbers of their own, and each scenario is there', () => {
    const all = seededPatients();
    assert.equal(new Set(all.map((record) => record.patient.id)).size, all.length);
    const codes = new Set(all.map((record) => record.patient.meta.security[0].code));
    assert.deepEqual([...codes].sort(), ['R', 'U', 'V']);
    assert.ok(all.some(({ invalidated }) => invalidated));
    const numbers = new Set(all.map((record) => record.patient.id));
    for (const { supersededBy } of all) if (supersededBy !== null) assert.ok(numbers.has(supersededBy));
    assert.ok(all.some((record) => record.patient.birthDate && !record.patient.address));
    assert.ok(all.some((record) => /[^\u0020-\u007e]/.test(record.patient.name?.[0]?.family ?? '')));
  });

  test('are kept once, and come back as they were', async () => {
    const database = await openDatabase(':memory:', '');
    const patients = new Patients(database);
    const count = seededPatients().length;
    assert.equal(await seed(database), count);
    assert.equal(await seed(database), 0);
    const jane = await patients.get('9000000009');
    assert.ok(jane);
    assert.equal(await patients.replace({ ...jane, patient: { ...jane.patient, gender: 'other' } }, 2), true);
    await database.run(patients.putting({ ...jane, patient: { ...jane.patient, id: '9000000041' } }));
    await reset(database);
    assert.deepEqual(await patients.get('9000000009'), jane);
    assert.equal(await patients.get('9000000041'), undefined);
    assert.equal((await patients.all()).length, count);
    await database.close();
  });

  test('of two changes to one version one wins', async () => {
    const database = await openDatabase(':memory:', '');
    const patients = new Patients(database);
    await seed(database);
    const jane = await patients.get('9000000009');
    assert.ok(jane);
    const wins = await Promise.all([1, 2, 3, 4].map(() => patients.replace(jane, 2)));
    assert.equal(wins.filter(Boolean).length, 1);
    assert.equal((await patients.get('9000000009'))?.patient.meta.versionId, '3');
    await database.close();
  });

  test('more can be generated, the same every time and apart from the seed', () => {
    const some = [...generatePatients(500)];
    assert.deepEqual([...generatePatients(500)], some);
    const seeded = new Set(seededPatients().map((record) => record.patient.id));
    assert.ok(some.every((record) => isNhsNumber(record.patient.id) && !seeded.has(record.patient.id)));
  });
});
