import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { errors } from '../../model/errors.ts';
import { newPatient, patientSummary } from '../../model/patient-register.ts';
import { pageLimit } from '../../model/request.ts';
import { defineCall, type Resource } from '../api/call.ts';

const number = (least: number, most: number) =>
  z.int('must be a whole number').min(least, `must be ${least} or more`).max(most, `must be ${most} or less`);

const part = z.strictObject({
  household: number(0, 1_000_000)
    .default(0)
    .describe('The household to begin with: `nextHousehold` of the part before'),
  count: number(1, 500).describe('At most so many patients, in whole households unless the first has more'),
});

const lines = z.array(z.string());
const patientRecord = z
  .looseObject({
    patient: z.looseObject({
      resourceType: z.literal('Patient'),
      id: z.string(),
      meta: z.looseObject({
        versionId: z.string(),
        security: z.array(z.looseObject({ code: z.string(), display: z.string() })),
      }),
      name: z
        .array(z.looseObject({ use: z.string(), given: lines.optional(), family: z.string() }))
        .optional(),
      gender: z.string().optional(),
      birthDate: z.string().optional(),
      deceasedDateTime: z.string().optional(),
      address: z
        .array(z.looseObject({ use: z.string(), line: lines.optional(), postalCode: z.string().optional() }))
        .optional(),
    }),
    supersededBy: z.string().nullable(),
    invalidated: z.boolean(),
  })
  .meta({ id: 'PatientRecord' });

const query = z.strictObject({
  search: z
    .string()
    .max(100)
    .optional()
    .describe(
      'The beginning of an NHS number, a date of birth, the beginning of a family name, a given name, or several of these',
    ),
  after: z.string().max(200).optional().describe('"next" of the previous page'),
  limit: pageLimit.describe('50 by default, at most 500'),
});

/** `/patients`: fictitious patients of the PDS. */
export const patients: Resource = {
  only: 'development',
  calls: ({ patients }) => [
    defineCall('GET', '/patients', {
      summary: 'Lists the patients of the PDS by NHS number, or those that a search finds; development only',
      query,
      answers: { 200: 'Patients, and "next" if there are more' },
      response: z.strictObject({ patients: z.array(patientSummary), next: z.string().nullable() }),
      async handle({ query: { search = '', after = '', limit = '50' } }) {
        const most = Math.min(Math.max(Number(limit), 1), 500);
        return json(200, await patients.list({ search, after, limit: most }));
      },
    }),
    defineCall('POST', '/patients', {
      summary: 'Adds a patient to the PDS; development only',
      body: newPatient,
      answers: {
        201: 'The record of the patient',
        400: 'Invalid member: "field" and "problem"',
        409: 'The NHS number is taken',
      },
      response: patientRecord,
      async handle({ body }) {
        const added = await patients.add(body);
        if ('problem' in added) {
          const [, field = ''] = /^Invalid value - .* in field '(\w+)/.exec(added.problem) ?? [];
          const member = field in newPatient.shape ? { field, problem: 'is not valid' } : undefined;
          throw errors.requestInvalid(added.problem, member ?? { problem: added.problem });
        }
        if (!added.record)
          throw errors.taken(`${body.nhsNumber} is taken`, {
            field: 'nhsNumber',
            problem: 'is taken: another patient has it',
          });
        return json(201, added.record);
      },
    }),
    defineCall('POST', '/patients/generate', {
      summary:
        'Adds the next part of a population to the PDS, always the same: repeat it with `nextHousehold` for more; development only',
      body: part,
      answers: { 200: 'How many patients are new, how many the part has, and the next household' },
      response: z.strictObject({ added: z.number(), patients: z.number(), nextHousehold: z.number() }),
      handle: async ({ body }) => json(200, await patients.generate(body.household, body.count)),
    }),
    defineCall('GET', '/patients/:nhsNumber', {
      summary:
        'Returns the whole record of a patient in the PDS, whatever its confidentiality; development only',
      answers: { 200: 'The record', 404: 'No such patient' },
      response: patientRecord,
      async handle({ params }) {
        const record = await patients.find(params.nhsNumber);
        if (!record) throw errors.notFound('no such patient');
        return json(200, record);
      },
    }),
  ],
};
