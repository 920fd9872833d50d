import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import type { AuditFilter } from '../../storage/audit.ts';
import { defineCall } from '../api/call.ts';
import { since } from '../api/request.ts';
import { errors } from '../errors.ts';
import type { Resource } from './resource.ts';

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

const name = z.string().optional();

const auditRecord = z
  .strictObject({
    seq: z.number(),
    chain: z.string(),
    chainSeq: z.number(),
    at: z.iso.datetime(),
    actor: z.string(),
    action: z.string(),
    target: z.string(),
    application: z.string(),
    subject: z.string(),
    outcome: z.string(),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    role: name,
    organisation: name,
    onBehalfOf: name,
    tokenId: name,
    family: name,
    session: name,
    address: name,
    device: name,
    requestId: name,
    correlationId: name,
    heads: z.array(z.tuple([z.string(), z.number(), z.string()])).optional(),
    previous: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'AuditRecord' });

const verification = z.strictObject({
  ok: z.boolean(),
  chains: z.number(),
  records: z.number(),
  unsealed: z.number(),
  problem: z.strictObject({ chain: z.string(), seq: z.number(), problem: z.string() }).optional(),
});

/** `/audit`: the audit log. In production each use is recorded too; in development no user is signed in. */
export const audit: Resource = {
  calls({ audit, development }) {
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
        summary: 'Lists audit records, oldest first, at most 1,000; the next page is since the last number',
        query,
        answers: { 200: 'The records' },
        response: z.strictObject({ records: z.array(auditRecord) }),
        async handle({ query: filter }) {
          const records = await audit.search(filter);
          await record(namesOf(filter), records.length);
          return json(200, { records });
        },
      }),
      defineCall({
        method: 'GET',
        path: '/audit/verify',
        summary: 'Verifies the audit log, or a period of it',
        query: z.strictObject({ from: time, to: time }),
        answers: { 200: '{ok, chains, records, unsealed, problem}: the first altered record' },
        response: verification,
        async handle({ query: range }) {
          const result = await audit.verify(range);
          await record('verify', result.records);
          return json(200, { ok: result.problem === undefined, ...result });
        },
      }),
      defineCall({
        method: 'POST',
        path: '/audit/subjects',
        summary: 'Returns the value with which records about a patient are found',
        body: z.strictObject({ nhsNumber: z.string().regex(/^\d{10}$/, 'must be ten digits') }),
        answers: { 200: '{subject}' },
        response: z.strictObject({ subject: z.string() }),
        async handle({ body: { nhsNumber } }) {
          await record('patient', 0, nhsNumber);
          return json(200, { subject: audit.subjectOf(nhsNumber) });
        },
      }),
      defineCall({
        method: 'POST',
        path: '/audit/:seq/subject',
        summary: 'Decrypts the NHS number of a record, and records that',
        answers: { 200: '{nhsNumber}', 404: 'Unknown record, or one without a patient' },
        response: z.strictObject({ nhsNumber: z.string() }),
        async handle({ params: { seq } }) {
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
  },
};
