import { z } from 'zod';
import { isNhsNumber } from './nhs-number.ts';

/** Returns whether a day exists. */
export function isDay(day: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

const day = z.string().refine(isDay);
const moment = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+00:00$/);
const identifier = z.string().max(64).optional();
const line = z.string().max(35);
const period = z.strictObject({ start: day, end: day.optional() });
const coding = z.strictObject({
  system: z.url(),
  version: z.string().max(20).optional(),
  code: z.string().min(1).max(40),
  display: z.string().max(200).optional(),
});
const concept = z.strictObject({ coding: z.tuple([coding]) });
const organisation = z.strictObject({
  id: identifier,
  type: z.literal('Organization'),
  identifier: z.strictObject({
    system: z.literal('https://fhir.nhs.uk/Id/ods-organization-code'),
    value: z.string().regex(/^[A-Z0-9]{3,10}$/),
    period: period.optional(),
  }),
});
const name = z.strictObject({
  id: identifier,
  use: z.enum(['usual', 'temp', 'nickname', 'old', 'maiden']),
  period: period.optional(),
  given: z.array(line.min(1)).min(1).max(5).optional(),
  family: line.min(1),
  prefix: z.array(line.min(1)).min(1).optional(),
  suffix: z.array(line.min(1)).min(1).optional(),
});
const extension: z.ZodType = z.lazy(() =>
  z.strictObject({
    url: z.string().min(1).max(200),
    extension: z.array(extension).max(3).optional(),
    valueString: z.string().max(40).optional(),
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
  }),
);
const address = z.strictObject({
  id: identifier,
  period,
  use: z.enum(['home', 'work', 'temp', 'billing']),
  text: line.optional(),
  line: z.array(line).max(5),
  postalCode: z
    .string()
    .regex(/^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/)
    .optional(),
  extension: z.array(extension).max(2).optional(),
});
const telecom = z.strictObject({
  id: identifier,
  period: period.optional(),
  system: z.enum(['phone', 'fax', 'email', 'other']),
  value: z.string().min(1).max(90),
  use: z.enum(['home', 'work', 'temp', 'mobile']).optional(),
  extension: z.array(extension).max(1).optional(),
});
const contact = z.strictObject({
  id: identifier,
  period,
  relationship: z.tuple([concept]),
  telecom: z.array(telecom).min(1),
});

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
    security: z.tuple([coding.extend({ code: z.enum(['U', 'R', 'V']) })]),
  }),
  name: z.array(name).min(1).optional(),
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional(),
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
