import { json } from '@alongside/kernel/answer';
import { actors } from '@alongside/kernel/errors';
import { z } from 'zod';
import { defineCall, type Resource } from '../api/call.ts';
import { errors } from '../errors.ts';

const outcomes = ['succeeded', 'refused', 'failed', 'waiting', 'abandoned'] as const;
const patterns = ['combined', 'separate', 'application', 'desk', 'sign-out', 'console'] as const;
const named = z.strictObject({ id: z.string(), name: z.string() });
const person = z.strictObject({ uid: z.string(), name: z.string() });
const milliseconds = z.number().min(0);
const lane = z
  .string()
  .describe(
    'person, browser, application, authorisation, cis2, identity-agent, cis, console, api:NAME or outside:HOST',
  );

const summary = z
  .strictObject({
    id: z.string(),
    startedAt: z.iso.datetime(),
    durationMs: milliseconds.describe('From the first message to the end of the last'),
    pattern: z.enum(patterns),
    outcome: z
      .enum(outcomes)
      .describe('abandoned: nothing has happened for five minutes, or the card left before its PIN'),
    person: person.nullable(),
    application: named.nullable(),
    headline: z.string(),
    waitingFor: z.string().nullable(),
    failedStep: z.number().nullable().describe('Number of the first message that was refused or failed'),
    count: z.number().describe('Number of messages'),
    isClockMoved: z.boolean(),
    faults: z.array(z.string()),
  })
  .meta({ id: 'JourneySummary' });

const refusal = z.strictObject({
  error: z.string(),
  field: z.string().nullable(),
  headline: z.string(),
  came: z.string().nullable(),
  expected: z.string().nullable(),
  mend: z.string(),
  actor: z.enum(actors),
  source: z.string(),
});

const field = z.strictObject({
  name: z.string(),
  value: z.string(),
  mark: z.string().optional(),
  offending: z.literal(true).optional(),
});
const members = z.record(z.string(), z.unknown());
const captured = z
  .strictObject({
    url: z.string().optional(),
    headers: z.array(field),
    query: z.array(field).optional(),
    form: z.array(field).optional(),
    body: z.string().optional(),
    members: z.array(field).optional(),
    isCut: z.boolean(),
    tokens: z.array(
      z.strictObject({
        name: z.string(),
        header: members,
        claims: members,
        signature: z.strictObject({ holds: z.boolean(), keyId: z.string(), owner: z.string() }).nullable(),
      }),
    ),
  })
  .meta({ id: 'Captured' });

const message = z
  .strictObject({
    id: z.string().describe('X-Message-Id of the response'),
    journey: z.string(),
    parent: z.string().nullable(),
    number: z.number(),
    kind: z.enum(['redirect', 'call', 'act']),
    from: lane,
    to: lane,
    name: z.string(),
    words: z.string(),
    startedAt: z.iso.datetime(),
    offsetMs: milliseconds,
    durationMs: milliseconds.nullable(),
    method: z.string().nullable(),
    route: z.string().nullable(),
    status: z.number().nullable(),
    outcome: z.enum(['succeeded', 'refused', 'failed', 'lost']),
    application: named.nullable(),
    person: person.nullable(),
    requestId: z.string().nullable(),
    correlationId: z.string().nullable(),
    refusal: refusal.nullable(),
    faults: z.array(z.string()),
    request: captured.nullable(),
    response: captured.nullable(),
    notCaptured: z.string().nullable(),
    events: z.array(
      z.strictObject({
        name: z.string(),
        outcome: z.enum(['ok', 'refused', 'failed']),
        detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      }),
    ),
  })
  .meta({ id: 'Message' });

const journey = z
  .strictObject({
    ...summary.shape,
    role: z.string().nullable(),
    level: z.string().nullable(),
    links: z.array(
      z.strictObject({ id: z.string(), why: z.enum(['desk sign-in', 'same session', 'sign-out']) }),
    ),
    messages: z.array(message),
    isTruncated: z.boolean().describe('Whether older messages were removed'),
  })
  .meta({ id: 'Journey' });

const query = z.strictObject({
  q: z.string().max(200).optional().describe('The beginning of a word of a name, or a whole id'),
  outcome: z.enum(outcomes).optional(),
  application: z.string().max(200).optional(),
  person: z.string().max(200).optional(),
  pattern: z.enum(patterns).optional(),
  from: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time' }).optional(),
  after: z.string().max(100).optional().describe('`next` of the page before'),
});

const longestId = 200;

/** Journeys and their messages. */
export const journeys: Resource = {
  calls: ({ journeys }) => [
    defineCall('GET', '/journeys', {
      summary: 'Lists journeys, newest first, 50 at a time',
      query,
      answers: { 200: 'The journeys, and where the next page begins' },
      roles: ['support', 'read'],
      response: z.strictObject({ journeys: z.array(summary), next: z.string().nullable() }),
      handle: async ({ query: filter }) => json(200, await journeys.list(filter)),
    }),
    defineCall('GET', '/journeys/:id', {
      summary: 'Shows a journey with its messages in order',
      answers: { 200: 'The journey', 404: 'No such journey' },
      roles: ['support', 'read'],
      response: journey,
      async handle({ params: { id } }) {
        const found = id.length <= longestId ? await journeys.find(id) : undefined;
        if (!found) throw errors.journeyUnknown('no stored journey has this id');
        return json(200, found);
      },
    }),
    defineCall('GET', '/messages/:id', {
      summary: 'Shows one message, with secrets cut',
      answers: { 200: 'The message', 404: 'No such message' },
      roles: ['support', 'read'],
      response: message,
      async handle({ params: { id } }) {
        const found = id.length <= longestId ? await journeys.message(id) : undefined;
        if (!found) throw errors.messageUnknown('no stored message has this id');
        return json(200, found);
      },
    }),
  ],
};
