import { reasonOf } from '@alongside/kernel/errors';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import { z } from 'zod';
import { errors } from './errors.ts';

export const noMembers = z.strictObject({});
/** A merge patch. The patched value is validated instead. */
export const anyMembers = z.looseObject({});

/** A page size in a query. */
export const pageLimit = z
  .string()
  .regex(/^\d{1,4}$/, 'must be a number')
  .optional();

/** A text that a form may lack. */
export const requiredText = z.string({
  error: ({ input }) => (input === undefined ? 'is required' : 'must be text'),
});

/** Members of a query by which people are found. */
export const foundPeople = {
  q: z
    .string()
    .max(200)
    .optional()
    .describe('The beginning of a family or given name, a whole uid or serial, or a persona'),
  organisation: z.string().max(40).optional().describe('ODS code'),
  role: z.string().max(40).optional().describe('Job role: R8001'),
};

/** The number of a record or event in a query. */
export const since = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a number')
  .transform(Number)
  .optional()
  .describe('Only those after this number');

/** Returns the refusal `invalid_request` for one member. */
export const invalidMember = (field: string, problem: string): Error =>
  errors.requestInvalid(`${field} ${problem}`, { field, problem });

/** Parses the JSON object in a body; an empty body is an empty object. The listener has limited its length. */
export function parseObject(text: string): JsonObject {
  if (text === '') return {};
  try {
    return parseJsonObject(text);
  } catch (error) {
    throw errors.requestInvalid(reasonOf(error), { problem: reasonOf(error) }, error);
  }
}

/** Validates a value. Throws `invalid_request` with the first invalid member. */
export function readShape<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = (issue?.path ?? []).join('.').slice(0, 200);
  const problem = (issue?.message ?? 'is not valid').slice(0, 300);
  throw errors.requestInvalid(`${field}: ${problem}`, field === '' ? { problem } : { field, problem });
}

/** Parses a query. Refuses repeated parameters. */
export function parseQuery(query: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (values.has(name))
      throw errors.requestInvalid('a repeated parameter', {
        field: name.slice(0, 100),
        problem: 'must not be repeated',
      });
    values.set(name, value);
  }
  return Object.fromEntries(values);
}
