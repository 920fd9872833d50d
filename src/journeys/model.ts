import { actors } from '@alongside/kernel/errors';
import { z } from 'zod';

/**
 * A party of a journey, as a lane of its diagram. An API behind the gateway is a party of its own: `api:` and its name. A server outside
 * this installation is `outside:` and its host; a mock of one is `mock:` and its name.
 */
export type Lane =
  | 'person'
  | 'browser'
  | 'application'
  | 'authorisation'
  | 'cis2'
  | 'identity-agent'
  | 'cis'
  | 'console'
  | `api:${string}`
  | `mock:${string}`
  | `outside:${string}`;

// The console describes its API with these schemas, so a description here is part of it.

const lane = z
  .string()
  .describe(
    'person, browser, application, authorisation, cis2, identity-agent, cis, console, api:NAME or outside:HOST',
  ) as z.ZodType<Lane>;

/**
 * `redirect`: the sender's 302 and the receiver's GET, as one. `call`: a request and its response between two programs. `act`: something
 * that a person did, such as the entry of a PIN.
 */
const kind = z.enum(['redirect', 'call', 'act']);
export type MessageKind = z.output<typeof kind>;

/** `lost`: a redirect that never arrived, or a call without a response. */
const messageOutcome = z.enum(['succeeded', 'refused', 'failed', 'lost']);

/** `waiting`: for a person or a program. */
export const journeyOutcome = z.enum(['succeeded', 'refused', 'failed', 'waiting', 'abandoned']);
export type JourneyOutcome = z.output<typeof journeyOutcome>;

/** `application`: an application acts as itself. `desk`: a sign-in at the workstation. `console`: tokens issued for a test. */
export const journeyPattern = z.enum(['combined', 'separate', 'application', 'desk', 'sign-out', 'console']);
export type JourneyPattern = z.output<typeof journeyPattern>;

const named = z.strictObject({ id: z.string(), name: z.string() });
const person = z.strictObject({ uid: z.string(), name: z.string() });
const milliseconds = z.number().min(0);
const members = z.record(z.string(), z.unknown());

/** Why a request was refused, for people. */
export const refusalView = z.strictObject({
  /** Id of the error, such as `authorisation.clientOrSecret`. */
  error: z.string(),
  /** The member that was wrong, such as `client_secret`; null if none is. */
  field: z.string().nullable(),
  /** A sentence, such as `The client secret is wrong`. */
  headline: z.string(),
  /** The received value, cut where it is secret. */
  received: z.string().nullable(),
  /** The expected value. Up to five registered values, the nearest marked. */
  expected: z.string().nullable(),
  /** The fix. */
  fix: z.string(),
  actor: z.enum(actors),
  source: z.string(),
});
export type RefusalView = z.output<typeof refusalView>;

/** A named value of a request or a response. */
const field = z.strictObject({
  name: z.string(),
  /** Secrets: the first four characters, an ellipsis and the length. */
  value: z.string(),
  /** A keyed hash by which the same secret is recognised in other messages. */
  mark: z.string().optional(),
  /** Whether this value caused the refusal. */
  offending: z.literal(true).optional(),
});
export type Field = z.output<typeof field>;

/** A JWT without its signature. */
const decodedToken = z.strictObject({
  /** Where it was: a parameter, a member of the body or a header. */
  name: z.string(),
  header: members,
  claims: members,
  /** Whether the signature holds, with the key that was used. Null if no key of this installation or its applications has this kid. */
  signature: z.strictObject({ holds: z.boolean(), keyId: z.string(), owner: z.string() }).nullable(),
});
export type DecodedToken = z.output<typeof decodedToken>;

/** A request or a response, with secrets cut when it was captured. In development only. */
const captured = z
  .strictObject({
    /** The address of a request without its query. */
    url: z.string().optional(),
    headers: z.array(field),
    query: z.array(field).optional(),
    /** Parameters of a form. */
    form: z.array(field).optional(),
    /** Any other body, as text. JSON is indented. */
    body: z.string().optional(),
    /** Secret members of a JSON body, such as `access_token`, with their marks. */
    members: z.array(field).optional(),
    /** Whether the body was longer than the limit. */
    isCut: z.boolean(),
    tokens: z.array(decodedToken),
  })
  .meta({ id: 'Captured' });
export type Captured = z.output<typeof captured>;

/** One HTTP exchange, by socket or in process, or one act of a person. */
export const message = z
  .strictObject({
    id: z.string().describe('X-Message-Id of the response'),
    journey: z.string(),
    /** The message during which this call was made. */
    parent: z.string().nullable(),
    /** Place in the journey, from 1. */
    number: z.number(),
    kind,
    from: lane,
    to: lane,
    /** Stable name, such as `authorisation.token.code`. */
    name: z.string(),
    /** Third person, verb first, at most 32 characters: `Exchanges the code for tokens`. */
    words: z.string(),
    /** ISO 8601, with milliseconds. */
    startedAt: z.iso.datetime(),
    /** Since the start of the journey. */
    offsetMs: milliseconds,
    /** Null while it runs. */
    durationMs: milliseconds.nullable(),
    method: z.string().nullable(),
    /** Template of the route. */
    route: z.string().nullable(),
    status: z.number().nullable(),
    outcome: messageOutcome,
    application: named.nullable(),
    person: person.nullable(),
    /** X-Request-ID and X-Correlation-ID that the client sent. */
    requestId: z.string().nullable(),
    correlationId: z.string().nullable(),
    refusal: refusalView.nullable(),
    /** Injected faults that hit it. */
    faults: z.array(z.string()),
    request: captured.nullable(),
    response: captured.nullable(),
    /** Why nothing was captured; null if something was. */
    notCaptured: z.string().nullable(),
    /** The steps that were recorded in it. */
    events: z.array(
      z.strictObject({
        name: z.string(),
        outcome: z.enum(['ok', 'refused', 'failed']),
        detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      }),
    ),
  })
  .meta({ id: 'Message' });
export type Message = z.output<typeof message>;

/** One row of the list of journeys. */
export const journeySummary = z
  .strictObject({
    id: z.string(),
    startedAt: z.iso.datetime(),
    durationMs: milliseconds.describe('From the first message to the end of the last'),
    pattern: journeyPattern,
    outcome: journeyOutcome.describe(
      'abandoned: nothing has happened for five minutes, or the card left before its PIN',
    ),
    person: person.nullable(),
    application: named.nullable(),
    otherApplications: z.array(named).describe('Further applications that a sign-out reached'),
    /** The result, as a sentence without subject: `Read a patient`; a refusal's headline. */
    headline: z.string(),
    /** For whom or what a journey waits. */
    waitingFor: z.string().nullable(),
    failedStep: z
      .number()
      .nullable()
      .describe('Number of the failure that the headline states; without one, of the first'),
    count: z.number().describe('Number of messages'),
    /** Whether the clock was moved, or faults hit it. */
    isClockMoved: z.boolean(),
    faults: z.array(z.string()),
  })
  .meta({ id: 'JourneySummary' });
export type JourneySummary = z.output<typeof journeySummary>;

/** A journey with its messages in order. */
export const journey = z
  .strictObject({
    ...journeySummary.shape,
    /** Role and level of the sign-in, for the title. */
    role: z.string().nullable(),
    level: z.string().nullable(),
    /** Journeys of the same session. */
    links: z.array(
      z.strictObject({
        id: z.string(),
        startedAt: z.string(),
        headline: z.string(),
        why: z.enum(['desk sign-in', 'same session', 'sign-out']),
      }),
    ),
    messages: z.array(message),
    isTruncated: z.boolean().describe('Whether older messages were removed'),
  })
  .meta({ id: 'Journey' });
export type Journey = z.output<typeof journey>;

/** A query for journeys. */
export const journeyFilter = z.strictObject({
  q: z
    .string()
    .max(200)
    .optional()
    .describe(
      'The beginning of a word of a name, a whole id, or words of a refusal: its error, code, status, path or headline',
    ),
  outcome: journeyOutcome.optional(),
  application: z.string().max(200).optional(),
  person: z.string().max(200).optional(),
  pattern: journeyPattern.optional(),
  from: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time' }).optional(),
  after: z.string().max(100).optional().describe('`next` of the page before'),
});
export type JourneyFilter = z.output<typeof journeyFilter>;

/** Periods that lists and counts offer, until now, in milliseconds. */
export const journeyPeriods = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const;
export type JourneyPeriod = keyof typeof journeyPeriods;
export const periodNames = ['hour', 'day', 'week'] as const satisfies readonly JourneyPeriod[];

/** Refused and failed messages, of one application or of all. */
export interface RefusalFilter {
  readonly period: JourneyPeriod;
  readonly application?: string | undefined;
}

/** How often requests were refused or failed, by time and cause: the id of the error in lower case, or the status of a failure without one. */
export interface RefusalCounts {
  /** The beginning of the first bucket, in milliseconds. */
  readonly from: number;
  /** Milliseconds of a bucket. */
  readonly width: number;
  readonly buckets: number;
  /** Time of the newest refusal that is not counted, in milliseconds, if there are too many. */
  readonly uncounted: number | undefined;
  /** `bucket` is a number from 0. The same cause may be there several times. */
  readonly counted: readonly { readonly bucket: number; readonly cause: string; readonly count: number }[];
}

/** Reads the stored journeys. Reads see everything that was answered before. */
export interface JourneyReader {
  /** Newest first, 50 at a time. */
  list(filter?: JourneyFilter): Promise<{ journeys: JourneySummary[]; next: string | null }>;
  find(id: string): Promise<Journey | undefined>;
  message(id: string): Promise<Message | undefined>;
  /** The number of journeys that were refused or failed since then (ISO 8601), at most 1,000. */
  errorsSince(from: string): Promise<number>;
  refusalCounts(filter: RefusalFilter): Promise<RefusalCounts>;
}
