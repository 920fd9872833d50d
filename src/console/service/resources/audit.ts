import { json, StreamAnswer } from '@alongside/kernel/answer';
import { z } from 'zod';
import type { AuditVerification } from '../../../storage/audit/verify.ts';
import { type AuditLog, type AuditRecord, filterNames } from '../../../storage/audit.ts';
import { errors } from '../../model/errors.ts';
import { since } from '../../model/request.ts';
import { defineCall, eventStreamType, type Resource } from '../api/call.ts';
import { streamHeaders, wantsStream } from '../api/streams.ts';
import { auditPage } from '../audit-search.ts';
import { journeyOfRecord } from '../find-journey.ts';

const time = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], 'must be a day or a time of ISO 8601')
  .transform((value) => Date.parse(value))
  .optional();

const equal = z.string().max(300).optional();

const filterShape = z.strictObject({
  from: time.describe('Not before this time'),
  to: time.describe('Before this time'),
  actor: equal,
  action: equal,
  application: equal,
  outcome: z.enum(['ok', 'refused', 'failed'], 'must be ok, refused or failed').optional(),
  subject: equal.describe('Value of POST /audit/subjects'),
  chain: equal,
});

const query = filterShape.extend({
  since,
  order: z
    .enum(['oldest', 'newest'], 'must be oldest or newest')
    .default('oldest')
    .describe('Which records are first'),
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the "next" of a page')
    .transform(Number)
    .optional()
    .describe('"next" of the previous page'),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number')
    .transform(Number)
    .pipe(z.number('must be 1 to 1000').min(1, 'must be 1 to 1000').max(1_000, 'must be 1 to 1000'))
    .default(1_000),
});

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

const verificationResponse = z.strictObject({
  ok: z.boolean(),
  proven: z.boolean(),
  provenSince: z.iso.datetime().optional(),
  provenUntil: z.iso.datetime().optional(),
  chains: z.number(),
  records: z.number(),
  unsealed: z.number(),
  problem: z.strictObject({ chain: z.string(), seq: z.number(), problem: z.string() }).optional(),
});

const resultOf = (result: AuditVerification) => {
  const ok = result.problem === undefined;
  return { ok, proven: ok && result.provenUntil !== undefined, ...result };
};

async function* verification(audit: AuditLog, range: { from?: number | undefined; to?: number | undefined }) {
  const steps = audit.verifying(range);
  try {
    yield ': verifying\n\n';
    let step = await steps.next();
    for (; !step.done; step = await steps.next())
      yield `event: progress\ndata: ${JSON.stringify(step.value)}\n\n`;
    const result = resultOf(step.value);
    yield `event: result\ndata: ${JSON.stringify(result)}\n\n`;
  } finally {
    await steps.return({ chains: 0, records: 0, unsealed: 0 });
  }
}

const forms: Readonly<Record<'jsonl' | 'fhir', () => Promise<(record: AuditRecord) => object>>> = {
  jsonl: async () => (record) => record,
  fhir: async () => (await import('../../../storage/audit/fhir.ts')).auditEvent,
};

/** `/audit`: the audit log. In production each use is recorded too; in development no user is signed in. */
export const audit: Resource = {
  calls({ audit, journeys, development, clock }) {
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
      defineCall('GET', '/audit', {
        summary: 'Lists audit records, at most 1,000; the next page is after the last number',
        query,
        answers: { 200: 'The records, and "next" if there are more' },
        roles: [],
        response: z.strictObject({ records: z.array(auditRecord), next: z.string().nullable() }),
        async handle({ query: { order, limit, ...filter } }) {
          const page = await auditPage(audit, { ...filter, order, limit });
          await record(filterNames(filter), page.records.length);
          return json(200, page);
        },
      }),
      defineCall('GET', '/audit/extent', {
        summary: 'Returns how many audit records there are, and how long they are kept',
        answers: { 200: '{retentionDays, records, chains, anchored, oldest}' },
        roles: [],
        response: z.strictObject({
          retentionDays: z.number().nullable(),
          records: z.number(),
          chains: z.number(),
          anchored: z.number(),
          oldest: z.iso.datetime().nullable(),
        }),
        handle: async () => json(200, await audit.extent()),
      }),
      defineCall('GET', '/audit/verify', {
        summary:
          'Verifies the audit log, or a period of it; with Accept: text/event-stream sends events "progress" and then "result"',
        query: z.strictObject({ from: time, to: time }),
        media: [eventStreamType],
        answers: {
          200: '{ok, proven, provenSince, provenUntil, chains, records, unsealed, problem}: the first altered record; "proven" if ends of the chains outside the database show that none was cut off between then',
        },
        roles: [],
        response: verificationResponse,
        async handle({ request, query: range }) {
          if (wantsStream(request)) {
            await record('verify', 0);
            return new StreamAnswer(200, streamHeaders, () => verification(audit, range));
          }
          const result = await audit.verify(range);
          await record('verify', result.records);
          return json(200, resultOf(result));
        },
      }),
      defineCall('GET', '/audit/export', {
        summary: 'Exports audit records, oldest first, one JSON value a line',
        query: filterShape.extend({
          format: z
            .enum(['jsonl', 'fhir'], 'must be jsonl or fhir')
            .default('jsonl')
            .describe('fhir: AuditEvent of FHIR R4'),
        }),
        media: ['application/x-ndjson'],
        answers: { 200: 'The records' },
        roles: [],
        async handle({ query: { format, ...filter } }) {
          const form = await forms[format]();
          if (!development)
            await audit.recordAlone({
              action: 'audit.exported',
              outcome: 'ok',
              actor: 'developer',
              detail: { filter: filterNames(filter), format },
            });
          const day = new Date(clock.now()).toISOString().slice(0, 10);
          const headers = {
            'content-type': 'application/x-ndjson',
            'content-disposition': `attachment; filename="audit-${day}.${format === 'fhir' ? 'ndjson' : 'jsonl'}"`,
          };
          return new StreamAnswer(200, headers, async function* lines() {
            yield '';
            for await (const page of audit.pages(filter))
              yield page.map((one) => `${JSON.stringify(form(one))}\n`).join('');
          });
        },
      }),
      defineCall('POST', '/audit/subjects', {
        summary: 'Returns the value with which records about a patient are found',
        body: z.strictObject({ nhsNumber: z.string('must be text').regex(/^\d{10}$/, 'must be ten digits') }),
        answers: { 200: '{subject}' },
        roles: [],
        response: z.strictObject({ subject: z.string() }),
        async handle({ body: { nhsNumber } }) {
          await record('patient', 0, nhsNumber);
          return json(200, { subject: audit.subjectOf(nhsNumber) });
        },
      }),
      defineCall('GET', '/audit/:seq', {
        summary: 'Returns one audit record and its journey',
        answers: {
          200: '{record, journey}; the journey is null if it is no longer stored',
          404: 'Unknown record',
        },
        roles: [],
        response: z.strictObject({ record: auditRecord, journey: z.string().nullable() }),
        async handle({ params: { seq } }) {
          const found = /^\d{1,15}$/.test(seq) ? await audit.find(Number(seq)) : undefined;
          if (!found) throw errors.notFound(`no record ${seq.slice(0, 20)}`);
          await record('seq', 1);
          return json(200, { record: found, journey: await journeyOfRecord(journeys, found) });
        },
      }),
      defineCall('POST', '/audit/:seq/subject', {
        summary: 'Decrypts the NHS number of a record, and records that',
        answers: { 200: '{nhsNumber}', 404: 'Unknown record, or one without a patient' },
        roles: [],
        response: z.strictObject({ nhsNumber: z.string() }),
        recentPasskey: true,
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
