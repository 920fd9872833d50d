import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import type { AuditFilter, AuditLog } from '../../storage/audit.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { errors } from '../errors.ts';

/** A number of a record or an event, as a query carries it. */
export const since = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a number')
  .transform(Number)
  .optional()
  .describe('Only those after this number');

const time = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], 'must be a day or a time of ISO 8601')
  .transform((value) => Date.parse(value))
  .optional();

const equal = z.string().max(300).optional();

const query = z.strictObject({
  since,
  from: time.describe('Not before this time'),
  to: time.describe('Before this time'),
  actor: equal,
  action: equal,
  application: equal,
  outcome: z.enum(['ok', 'refused', 'failed']).optional(),
  subject: equal.describe('Value of POST /audit/subjects'),
  chain: equal,
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number')
    .transform(Number)
    .pipe(z.number().min(1).max(1_000))
    .optional(),
});

const namesOf = (filter: AuditFilter): string =>
  Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
    .join(' ');

/** `/audit`: who did what. In production each use of it is a record; in development nobody signs in who could be named. */
export function auditCalls({ audit, development }: { audit: AuditLog; development: boolean }): ApiCall[] {
  const record = async (filter: string, records: number, subject?: string) => {
    if (development) return;
    await audit.recordAlone({
      action: 'audit.read',
      outcome: 'ok',
      actor: 'developer',
      subject,
      detail: { filter, records },
    });
  };
  return [
    defineCall({
      method: 'GET',
      path: '/audit',
      summary: 'Audit records, oldest first, at most 1,000; the next page begins since the last number',
      query,
      answers: { 200: 'The records' },
      async handle({ query: filter }) {
        const records = await audit.search(filter);
        await record(namesOf(filter), records.length);
        return json(200, { records });
      },
    }),
    defineCall({
      method: 'GET',
      path: '/audit/verify',
      summary: 'Verifies the audit log, whole or of a time',
      query: z.strictObject({ from: time, to: time }),
      answers: {
        200: '{ok, chains, records, unsealed, problem}: the first record that is not as it was written',
      },
      async handle({ query: range }) {
        const result = await audit.verify(range);
        await record('verify', result.records);
        return json(200, { ok: result.problem === undefined, ...result });
      },
    }),
    defineCall({
      method: 'POST',
      path: '/audit/subjects',
      summary: 'The value by which records about a patient are found',
      body: z.strictObject({ nhsNumber: z.string().regex(/^\d{10}$/, 'must be ten digits') }),
      answers: { 200: '{subject}' },
      async handle({ body: { nhsNumber } }) {
        await record('patient', 0, nhsNumber);
        return json(200, { subject: audit.subjectOf(nhsNumber) });
      },
    }),
    defineCall({
      method: 'POST',
      path: '/audit/{seq}/subject',
      summary: 'Opens the sealed NHS number of a record, which is itself recorded',
      answers: { 200: '{nhsNumber}', 404: 'No such record, or it concerns no patient' },
      async handle({ part }) {
        const seq = part('seq');
        const nhsNumber = /^\d{1,15}$/.test(seq) ? await audit.openSubject(Number(seq)) : undefined;
        if (nhsNumber === undefined) throw errors.notFound(`no patient in record ${seq.slice(0, 20)}`);
        await audit.recordAlone({
          action: 'audit.subject-opened',
          outcome: 'ok',
          actor: 'developer',
          target: seq,
          subject: nhsNumber,
        });
        return json(200, { nhsNumber });
      },
    }),
  ];
}
