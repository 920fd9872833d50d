import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { z } from 'zod';
import { errors } from './errors.ts';

/** Longest body in characters, and how deep it may be nested. */
const limits = { characters: 32_768, depth: 12 };

export type JsonObject = { [name: string]: unknown };

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether nothing in it lies deeper than that, and no member could change a prototype. */
function isTame(root: unknown, depth: number): boolean {
  let level: unknown[] = [root];
  for (let deep = 0; level.length > 0; deep++) {
    if (deep > depth) return false;
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

/** Reads one JSON object out of text from outside. Throws a refusal, `invalid_request`, for everything else. */
export function parseObject(text: string): JsonObject {
  if (text.length > limits.characters) throw errors.bodyInvalid(`the body has ${text.length} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw errors.bodyInvalid('the body is not JSON', {}, error);
  }
  if (!isObject(value)) throw errors.bodyInvalid('the body is not a JSON object');
  if (!isTame(value, limits.depth))
    throw errors.bodyInvalid('the body is nested too deeply or has a forbidden member');
  return value;
}

const mediaTypeOf = (request: HttpRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/** The JSON object in the body of a request; its media type must be one of these. */
export function readObject(
  request: HttpRequest,
  mediaTypes: readonly string[] = ['application/json'],
): JsonObject {
  if (!mediaTypes.includes(mediaTypeOf(request)))
    throw errors.mediaType(`it is ${mediaTypeOf(request) || 'not said'}`);
  return parseObject(request.body);
}

/** Where a value does not fit a schema, and what would be right. */
export function firstProblem(error: z.ZodError): { field: string; problem: string } {
  const issue = error.issues[0];
  return {
    field: (issue?.path ?? []).join('.').slice(0, 200),
    problem: (issue?.message ?? reasonOf(error)).slice(0, 200),
  };
}

/** The body of a request in this shape. Throws `invalid_request` with the field that does not fit. */
export function readBody<S extends z.ZodType>(request: HttpRequest, schema: S): z.infer<S> {
  const result = schema.safeParse(readObject(request));
  if (result.success) return result.data;
  const { field, problem } = firstProblem(result.error);
  throw errors.bodyInvalid(`${field}: ${problem}`, { field, problem });
}
