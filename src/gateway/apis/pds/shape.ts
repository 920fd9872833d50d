import type { Refusal } from '@alongside/kernel/errors';
import { z } from 'zod';
import { isNhsNumber } from './nhs-number.ts';
import { outcomes } from './outcomes.ts';
import { pythonOf } from './python.ts';

export function isDay(day: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

const day = z.string().refine(isDay);
const moment = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+00:00$/);
const identifier = z.string().max(64).optional();
const line = z.string().max(35);
export const period = z.strictObject({ start: day, end: day.optional() });
export const coding = z.strictObject({
  system: z.url(),
  version: z.string().max(20).optional(),
  code: z.string().min(1).max(40),
  display: z.string().max(200).optional(),
});
const concept = z.strictObject({ coding: z.tuple([coding]) });
export const organisation = z.strictObject({
  id: identifier,
  type: z.literal('Organization'),
  identifier: z.strictObject({
    system: z.literal('https://fhir.nhs.uk/Id/ods-organization-code'),
    value: z.string().regex(/^[A-Z0-9]{3,10}$/),
    period: period.optional(),
  }),
});
export const name = z.strictObject({
  id: identifier,
  use: z.enum(['usual', 'temp', 'nickname', 'old', 'maiden']),
  period: period.optional(),
  given: z.array(line.min(1)).min(1).max(5).optional(),
  family: line.min(1),
  prefix: z.array(line.min(1)).min(1).optional(),
  suffix: z.array(line.min(1)).min(1).optional(),
});
export const extension = z.strictObject({
  url: z.string().min(1).max(200),
  get extension() {
    return z.array(extension).max(3).optional();
  },
  valueString: z.string().max(200).optional(),
  valueBoolean: z.boolean().optional(),
  valuePositiveInt: z.number().int().positive().optional(),
  valueDateTime: moment.optional(),
  valueCoding: coding.optional(),
  valueCodeableConcept: concept.optional(),
  valuePeriod: z.strictObject({ start: moment.optional(), end: moment.optional() }).optional(),
  valueAddress: z
    .strictObject({
      city: line.optional(),
      district: line.optional(),
      country: z.string().max(3).optional(),
    })
    .optional(),
  valueReference: z
    .strictObject({
      identifier: z.strictObject({ system: z.url(), value: z.string().regex(/^[A-Za-z0-9]{3,10}$/) }),
    })
    .optional(),
});
export const address = z.strictObject({
  id: identifier,
  period,
  use: z.enum(['home', 'work', 'temp', 'billing']),
  text: line.optional(),
  /** Five lines as stored; blank ones are omitted in responses. A pseudo postcode needs none. */
  line: z.array(line).max(5).optional(),
  postalCode: z
    .string()
    // Published examples contain invalid postcodes, such as BAP 4WG.
    .regex(/^[A-Z0-9]{2,4} ?\d[A-Z]{2}$/)
    .optional(),
  extension: z
    .array(z.strictObject({ url: z.string().max(200), extension: z.array(extension).max(2) }))
    .max(2)
    .optional(),
});
export const telecom = z.strictObject({
  id: identifier,
  period: period.optional(),
  system: z.enum(['phone', 'fax', 'email', 'other']),
  value: z.string().min(1).max(90),
  use: z.enum(['home', 'work', 'temp', 'mobile']).optional(),
  extension: z.array(extension).max(1).optional(),
});
export const contact = z.strictObject({
  id: identifier,
  period,
  relationship: z.tuple([concept]),
  telecom: z.array(telecom).min(1),
});
export const gender = z.enum(['male', 'female', 'other', 'unknown']);
export const confidentiality = z.enum(['U', 'R', 'V']);

/** The published shape of a Patient; other members are refused. Days must exist, times are UTC. */
export const patientShape = z.strictObject({
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
    security: z.tuple([coding.extend({ code: confidentiality })]),
  }),
  name: z.array(name).min(1).optional(),
  gender: gender.optional(),
  birthDate: day.optional(),
  multipleBirthInteger: z.number().int().min(1).max(9).optional(),
  deceasedDateTime: moment.optional(),
  address: z.array(address).optional(),
  telecom: z.array(telecom).optional(),
  contact: z.array(contact).optional(),
  generalPractitioner: z.array(organisation).max(1).optional(),
  managingOrganization: organisation.optional(),
  extension: z.array(extension).optional(),
});

interface ShapeContext {
  /** Path of the value in the request. */
  under?: string;
  /** Creates the refusal of other members. */
  additional?(names: readonly string[]): Refusal;
}

const refuseAdditional = (names: readonly string[]): Refusal =>
  outcomes.additionalProperties('members outside the shape', {
    names: `${names.map((name) => `'${name.slice(0, 100)}'`).join(', ')} ${names.length === 1 ? 'was' : 'were'} unexpected`,
  });

/** Refuses a value outside a published shape: a missing member, too many entries, another member, or a wrong value. */
export function checkShape(
  shape: z.ZodType,
  value: unknown,
  { under, additional = refuseAdditional }: ShapeContext = {},
): void {
  const issue = shape.safeParse(value).error?.issues[0];
  if (!issue) return;
  if (issue.code === 'unrecognized_keys') throw additional(issue.keys);
  let found: unknown = value;
  for (const part of issue.path) found = (found as Record<PropertyKey, unknown> | undefined)?.[part];
  const field = [...(under === undefined ? [] : [under]), ...issue.path].join('/');
  if (found === undefined) throw outcomes.missingField('the shape needs a member', { field });
  if (issue.code === 'too_big' && Array.isArray(found))
    throw outcomes.tooManyValues('the shape allows fewer entries', {
      field,
      values: pythonOf(found).slice(0, 1_000),
    });
  const text = typeof found === 'string' ? found.slice(0, 100) : pythonOf(found).slice(0, 1_000);
  throw outcomes.invalidField('the value has not the published shape', { field, value: text });
}
