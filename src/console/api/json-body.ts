import type { z } from 'zod';
import { errors } from '../errors.ts';

export type JsonObject = { [name: string]: unknown };

const deepest = 16;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether nothing lies deeper than that, and no member could change a prototype. */
function isTame(root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return false;
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (Object.hasOwn(value, '__proto__')) return false;
      for (const member of Object.values(value)) next.push(member);
    }
    level = next;
  }
  return true;
}

/** The JSON object in a body; an empty body is an empty object. Throws `invalid_request`. Its length was limited by the listener. */
export function parseObject(text: string): JsonObject {
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw errors.requestInvalid('the body is not JSON', { problem: 'The body is not JSON.' }, error);
  }
  if (!isObject(value))
    throw errors.requestInvalid('not an object', { problem: 'The body must be a JSON object.' });
  if (!isTame(value))
    throw errors.requestInvalid('too deep, or a forbidden member', {
      problem: 'The body is nested too deeply.',
    });
  return value;
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
