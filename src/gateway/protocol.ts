// Definitions of APIs as commands and the console exchange them with the gateway. Other folders may import only this file.
import { isIP } from 'node:net';
import { isMetadata as isMetadataAddress } from '@alongside/kernel/networks';
import { z } from 'zod';

/** Formats of the gateway's errors. */
export const errorFamilies = [
  'apigee',
  'spine',
  'spine-stu3',
  'nhsd-api',
  'http-codes',
  'problem',
  'message',
] as const;

/** Returns whether an address names its host by an IP address that the gateway never calls. */
function isMetadata(address: string): boolean {
  const host = URL.parse(address)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  return isIP(host) !== 0 && isMetadataAddress(host);
}

export const apiNameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/;
/** Names of secrets of targets. */
export const secretNameForm = /^[A-Za-z0-9._-]{1,100}$/;
export const basePathForm = /^(\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]{1,60}){1,6}$/;

/** Limits of the files of one definition together, of nesting and of references that lead to references. */
export const sourceLimits = { bytes: 2_097_152, files: 1_000, nodes: 200_000, depth: 200 };

/** Parts that a path below a folder cannot have on some system: a drive, a backslash, control characters and line breaks. */
const unfit = /^[A-Za-z]:|[\\\p{Cc}\p{Zl}\p{Zp}]/u;

const isBelowFolder = (name: string): boolean =>
  !unfit.test(name) && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const filePath = z
  .string('must be text')
  .min(1, 'must name a file')
  .max(300, 'must have at most 300 characters')
  .refine(isBelowFolder, 'must be a path below the folder, such as schemas/note.yaml');

export const secretNameProblem = 'must be letters, digits, dots, underscores and hyphens, at most 100';

const secretName = z.string('must be text').regex(secretNameForm, secretNameProblem);

const draftMembers = {
  entry: filePath.describe('The file with the OpenAPI document'),
  files: z
    .record(filePath, z.string('must be text'), 'must hold the text of each file')
    .describe('Texts of the files by their path below the folder of the definition'),
  extension: filePath.optional().describe('Another of the files, with x-nhsd-apim or x-alongside'),
  name: z
    .string('must be text')
    .regex(apiNameForm, 'must be letters, digits, dots, underscores and hyphens, at most 60')
    .optional()
    .describe('Name in scopes and products; by default from the base path'),
  basePath: z.string('must be text').regex(basePathForm, 'must be a path such as /my-api').optional(),
  upstream: z
    .string('must be text')
    .max(1_000, 'must have at most 1000 characters')
    .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'must be an http or https address')
    .refine(
      (value) => !isMetadata(value),
      'must not be a link-local address, or one at which a cloud serves credentials',
    )
    .optional()
    .describe('Address of the back end'),
  mock: z.boolean('must be true or false').optional().describe('Answers with the examples of the definition'),
  open: z
    .boolean('must be true or false')
    .optional()
    .describe('Lets anyone call operations for which the definition names no access'),
  secrets: z
    .array(secretName, 'must be a list')
    .max(10, 'must have at most 10 entries')
    .optional()
    .describe('Stored secrets that the target may use; without them, the upstream gets none'),
  record: z
    .boolean('must be true or false')
    .optional()
    .describe('Keeps responses of the upstream as examples for the mock'),
  errors: z
    .enum(errorFamilies, `must be one of ${errorFamilies.join(', ')}`)
    .optional()
    .describe('Format of the errors of the gateway'),
  validate: z.enum(['off', 'warn', 'enforce'], 'must be off, warn or enforce').optional(),
  settings: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Members of x-alongside, instead of those of the file'),
};

const recorded = z.strictObject({
  operation: z.string('must be text').max(400, 'must have at most 400 characters'),
  id: z.string('must be text').max(100, 'must have at most 100 characters'),
  status: z.int('must be a status').min(200, 'must be a status').max(499, 'must be a status'),
  contentType: z.string('must be text').max(200, 'must have at most 200 characters'),
  values: z.record(z.string(), z.string('must be text'), 'must hold the parameters'),
  value: z.unknown(),
});

/** The source of a definition, with recorded responses for the mock. */
export const newDraftShape = z.strictObject({
  ...draftMembers,
  examples: z
    .array(recorded, 'must be a list')
    .max(1_000, 'must have at most 1000 entries')
    .optional()
    .describe('Recorded responses, as an export of the API has them'),
});
export type NewApiDraft = z.output<typeof newDraftShape>;

/** The source of a definition and its options. */
export const draftShape = z.strictObject(draftMembers);
export type ApiDraft = z.output<typeof draftShape>;

/** A change of a stored definition: its files as a whole, or options. `null` removes an option. */
export const draftPatchShape = z.strictObject({
  entry: draftMembers.entry.optional(),
  files: draftMembers.files.optional(),
  extension: draftMembers.extension.nullable(),
  basePath: draftMembers.basePath,
  upstream: draftMembers.upstream.nullable(),
  mock: draftMembers.mock,
  open: draftMembers.open,
  secrets: draftMembers.secrets,
  record: draftMembers.record,
  errors: draftMembers.errors.nullable(),
  validate: draftMembers.validate.nullable(),
  settings: draftMembers.settings,
});
export type ApiDraftPatch = z.output<typeof draftPatchShape>;

/** Limits and settings have members of their own kinds. */
const anyObject: z.ZodType<object> = z.looseObject({});

/** A definition as it was understood. */
export const apiReport = z
  .strictObject({
    name: z.string(),
    basePath: z.string(),
    title: z.string(),
    version: z.string(),
    /** `in process`, `mock` or the address of the upstream. */
    backEnd: z.string(),
    record: z.boolean(),
    /** The products that its grants make. */
    access: z.array(
      z.strictObject({
        title: z.string(),
        grant: z.string(),
        scopes: z.array(z.string()),
        product: z.string(),
      }),
    ),
    operations: z.array(z.strictObject({ operation: z.string(), needs: z.array(z.string()) })),
    /** Headers that the back end gets, with their meaning. */
    headers: z.record(z.string(), z.string()),
    limits: z.strictObject({ api: anyObject.nullable(), application: anyObject.nullable() }),
    settings: anyObject,
    target: anyObject,
    /** Whether operations without access were opened to anyone. */
    open: z.boolean(),
    warnings: z.array(z.string()),
    hash: z.string(),
  })
  .meta({ id: 'ApiReport' });
export type ApiReport = z.output<typeof apiReport>;

/** One line of the list of APIs. */
export const listedApi = z.strictObject({
  name: z.string(),
  basePath: z.string(),
  address: z.string().describe('Public address'),
  title: z.string(),
  backEnd: z.string(),
  operations: z.number(),
  /** Operations that anyone may call. */
  open: z.number(),
  warnings: z.number(),
  /** A sentence about its access that needs a decision, or null. */
  notice: z.string().nullable(),
});
export type ListedApi = z.output<typeof listedApi>;

/** Why a definition cannot be used: a sentence, with its place if there is one. */
export class DefinitionError extends Error {
  override name = 'DefinitionError';
  /** The message without the place. */
  readonly sentence: string;
  readonly place: Place | undefined;

  constructor(sentence: string, place?: Place) {
    super(place ? `${place.file}:${place.line}:${place.column}: ${sentence}` : sentence);
    this.sentence = sentence;
    this.place = place;
  }
}

/** A place in a file, counted from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}
