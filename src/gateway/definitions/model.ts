import { z } from 'zod';
import type { RateLimits } from '../../oauth/products.ts';
import { errorFamilies, type Place } from '../protocol.ts';
import { folded } from '../trusted-names.ts';
import { isAddable } from './response-headers.ts';

/** The grants of the published extension, from the least to the most (NHSDigital/proxygen-api-specification). */
export const grants = [
  'app-level0',
  'app-level3',
  'nhs-login-p0',
  'nhs-login-p5',
  'nhs-login-p9',
  'nhs-cis2-aal1',
  'nhs-cis2-aal2',
  'nhs-cis2-aal3',
] as const;
export type Grant = (typeof grants)[number];

/** What an operation needs: a grant, or what no token has, because the API has no access mode that its own scheme could mean. */
export type Need = Grant | 'unmet';

const headerName = z
  .string('must be text')
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be the name of a header')
  .transform((name) => name.toLowerCase());
/** A header that clients send: back ends read other characters as hyphens, so the gateway does not forward them. */
const plainHeaderName = headerName.refine(
  (name) => folded(name) === name,
  'must be a header name of letters, digits and hyphens',
);
const whole = (most: number) =>
  z.int('must be a whole number').min(0, 'must be 0 or more').max(most, `must be ${most} or less`);
const milliseconds = whole(600_000);
const list = <S extends z.ZodType>(entry: S) =>
  z.array(entry, 'must be a list').max(200, 'must have at most 200 entries');
const rate = z.string('must be text').regex(/^[1-9]\d{0,8}(ps|pm)$/, 'must be a rate such as 5ps or 300pm');
const operationKey = z
  .string('must be text')
  .regex(/^[A-Z]{3,7} \/\S{0,500}$/, 'must be a method and a path of the definition, such as "GET /Worker"');

const fault = z.strictObject({
  operation: operationKey.optional().describe('Every operation by default'),
  application: z.string('must be text').max(200).optional().describe('Id of an application; all by default'),
  status: z
    .int('must be a status')
    .min(400, 'must be 400 or more')
    .max(599, 'must be 599 or less')
    .optional(),
  delay: milliseconds.optional().describe('Milliseconds before the response'),
  drop: z.boolean('must be true or false').optional().describe('Closes the connection without a response'),
  example: z.string('must be text').max(200).optional().describe('Name of the example to answer with'),
  retryAfter: whole(86_400).optional().describe('Seconds in Retry-After'),
  every: whole(1_000_000)
    .min(1, 'must be 1 or more')
    .optional()
    .describe('Happens at each nth call of this process'),
});

/** The options that a file states in `x-alongside`, or that replace its own. */
export const settingsShape = z.strictObject({
  errors: z
    .enum(errorFamilies, `must be ${errorFamilies.join(', ')}`)
    .default('apigee')
    .describe('Format of the errors of the gateway'),
  errorSystem: z
    .string('must be text')
    .max(300)
    .optional()
    .describe('Code system of the errors instead of the usual one'),
  validate: z.enum(['off', 'warn', 'enforce'], 'must be off, warn or enforce').default('warn'),
  requestId: z
    .enum(['ignored', 'optional', 'required'], 'must be ignored, optional or required')
    .default('ignored'),
  swapIds: z.boolean('must be true or false').default(false),
  assurance: z
    .strictObject({ ial: whole(4).optional(), vot: list(z.string('must be text').max(100)).optional() })
    .optional()
    .describe('Identity assurance level and vectors of trust that a token needs'),
  organisation: z
    .strictObject({
      header: plainHeaderName.default('nhsd-end-user-organisation-ods'),
      required: z.boolean('must be true or false').default(true),
      allow: z.string('must be text').max(100).optional(),
    })
    .optional()
    .describe('The organisation header; `allow` names an application attribute with the permitted codes'),
  operations: z
    .partialRecord(
      z.enum(['application-restricted', 'patient-access', 'user-restricted']),
      list(operationKey),
    )
    .optional()
    .describe('The operations of a mode; all by default'),
  headers: z
    .record(headerName, z.string('must be text').max(500))
    .default({})
    .describe(
      'More headers to the back end: text with {attribute.NAME}, {token.NAME}, {application.id}, {message.id}',
    ),
  responseHeaders: list(
    headerName.refine(
      isAddable,
      'cannot be passed on: it affects more than its response, or only the gateway sets it',
    ),
  )
    .default([])
    .describe('More response headers of the back end that clients get'),
  signedIdentity: z
    .boolean('must be true or false')
    .optional()
    .describe('Sends the caller also as a signed JWT, in NHSD-Identity-JWT'),
  spikeArrest: rate.optional().describe('Smoothed limit of all clients together'),
  bodyLimit: whole(104_857_600)
    .default(10_485_760)
    .describe('Bytes of a request or response that is not streamed'),
  timeouts: z
    .strictObject({
      connect: milliseconds.default(2_000),
      headers: milliseconds.default(30_000),
      idle: milliseconds.default(30_000),
      whole: milliseconds.optional(),
      queue: milliseconds.optional(),
    })
    .prefault({}),
  sockets: whole(1_000).min(1, 'must be 1 or more').default(64),
  queue: whole(10_000).default(256),
  cors: z
    .strictObject({
      origins: z.union([z.literal('*'), list(z.string('must be text').max(300))]).default('*'),
      headers: list(headerName).default([]),
      exposed: list(headerName).default([]),
    })
    .optional()
    .describe('Pages that may read responses'),
  faults: list(fault).default([]),
});
export type ApiSettings = z.output<typeof settingsShape>;

export type Schema = { readonly [name: string]: unknown };

export interface NamedExample {
  name: string;
  value: unknown;
}

/** The schema and the examples of one media type. */
export interface Content {
  schema?: Schema;
  examples: NamedExample[];
}

export interface Parameter {
  in: 'path' | 'query' | 'header';
  name: string;
  required: boolean;
  schema?: Schema;
}

export interface OperationModel {
  /** `GET /Worker`, without a `#…` suffix of the path. */
  key: string;
  method: string;
  path: string;
  /** Any of these suffices, as a minimum level; none for an open operation. */
  grants: Need[];
  parameters: Parameter[];
  requestBody: { required: boolean; content: Record<string, Content> } | null;
  responses: {
    status: string;
    content: Record<string, Content>;
    /** Names of its headers, in lower case. */
    headers?: string[];
  }[];
}

export interface TargetSecurity {
  type: 'apikey' | 'mtls';
  header: string;
  secret: string;
}

/** A definition as it was understood, without references to files. */
export interface ApiModel {
  title: string;
  version: string;
  access: { title: string; grants: Grant[] }[];
  operations: OperationModel[];
  identity: { name: IdentityName; header: string }[];
  attributes: { name: string; required: boolean; header: string }[];
  /** Limits of all clients together. */
  apiLimits: RateLimits | null;
  /** Limits of each application, for the products. */
  applicationLimits: RateLimits | null;
  target: { url: string | undefined; healthcheck: string | undefined; security: TargetSecurity | undefined };
  /** Schemas that others refer to as `#/$defs/NAME`. */
  schemas: Record<string, Schema>;
}

/** The published names of data about the user, with the usual headers. */
export const identityHeaders = {
  'cis2-uuid': 'nhsd-session-uuid',
  'cis2-urid': 'nhsd-session-urid',
  'cis2-acr': 'nhsd-session-cis2-acr',
  'nhs-login-nhs-number': 'nhsd-nhslogin-nhs-number',
  'nhs-login-identity-proofing-level': 'nhsd-nhslogin-identity-proofing-level',
  'id-token': 'nhsd-id-token',
} as const;
export type IdentityName = keyof typeof identityHeaders;

export type BackEndKind = 'upstream' | 'mock';

/** A stored definition. */
export interface ApiRecord {
  /** Its registered name, in scopes and products. */
  name: string;
  basePath: string;
  backEnd: { kind: BackEndKind; url?: string; record?: boolean };
  settings: ApiSettings;
  model: ApiModel;
  /** Whether operations without access were opened to anyone. Absent in records of versions that opened them by omission. */
  open?: boolean;
  /** Where the file names the base path. */
  basePathPlace?: Place;
  warnings: string[];
  /** SHA-256 of the source. */
  hash: string;
}

const order = (grant: string): number => grants.indexOf(grant as Grant);

/** Returns whether one grant satisfies another: the same kind at the same or a higher level. */
export const satisfies = (held: Grant, needed: Need): boolean =>
  held.replace(/\d$/, '') === needed.replace(/\d$/, '') &&
  order(held) >= order(needed) &&
  held !== 'app-level0'
    ? true
    : held === needed;

/** Returns the scopes with which a token has a grant, at its own level (NHSDigital/pytest-nhsd-apim). */
export function scopesAt(grant: Grant, api: string): string[] {
  const [, family, level = ''] = /^(app|nhs-login|nhs-cis2)-(?:level|aal|p)(\d)$/.exec(grant) ?? [];
  if (family === 'app') return level === '0' ? [] : [`urn:nhsd:apim:app:level${level}:${api}`];
  if (family === 'nhs-login') return [`urn:nhsd:apim:user-nhs-login:P${level}:${api}`];
  return ['user-nhs-cis2', 'user-nhs-id'].map((kind) => `urn:nhsd:apim:${kind}:aal${level}:${api}`);
}

/** Returns the scopes that satisfy a grant: those of its level and of higher ones. */
export const scopesOfGrant = (needed: Need, api: string): string[] =>
  grants.filter((held) => satisfies(held, needed)).flatMap((held) => scopesAt(held, api));

/** Returns the name of the product of one grant (NHSDigital, electronic-prescription-service-api-regression-tests). */
export const productOf = (name: string, basePath: string, grant: Grant): string =>
  `${name}--local--${basePath.slice(1).replaceAll('/', '-')}--${grant}`.slice(0, 100);
