import { reasonOf } from '@alongside/kernel/errors';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import type { z } from 'zod';
import { errors } from '../errors.ts';

/** The JSON object in a body; an empty body is an empty object. Throws `invalid_request`. Its length was limited by the listener. */
export function parseObject(text: string): JsonObject {
  if (text === '') return {};
  try {
    return parseJsonObject(text);
  } catch (error) {
    throw errors.requestInvalid(reasonOf(error), { problem: reasonOf(error) }, error);
  }
}

/** Reads a value in this shape. Throws `invalid_request` with the first field that does not fit and what would be right. */
export function readShape<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = (issue?.path ?? []).join('.').slice(0, 200);
  const problem = (issue?.message ?? 'is not valid').slice(0, 300);
  throw errors.requestInvalid(`${field}: ${problem}`, field === '' ? { problem } : { field, problem });
}

/** The query as an object. A parameter that came twice is refused. */
export function parseQuery(query: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (values.has(name))
      throw errors.requestInvalid('a repeated parameter', {
        field: name.slice(0, 100),
        problem: 'came twice',
      });
    values.set(name, value);
  }
  return Object.fromEntries(values);
}
