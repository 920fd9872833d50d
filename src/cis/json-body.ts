import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import type { z } from 'zod';
import { errors } from './errors.ts';

/** Longest body in characters. */
const longest = 32_768;

/** Reads one JSON object out of text from outside. Throws a refusal, `invalid_request`, for everything else. */
export function parseObject(text: string): JsonObject {
  if (text.length > longest) throw errors.bodyInvalid(`the body has ${text.length} characters`);
  try {
    return parseJsonObject(text);
  } catch (error) {
    throw errors.bodyInvalid(reasonOf(error), {}, error);
  }
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

/** Kinds of JSON values in words. */
const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** Where a value does not fit a schema, and what would be right. Where the schema has no words of its own, ours. */
export function firstProblem(error: z.ZodError): { field: string; problem: string } {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map(String);
  const at = (problem: string, ...more: string[]) => ({
    field: [...path, ...more].join('.').slice(0, 200),
    problem: problem.slice(0, 200),
  });
  if (!issue) return at(reasonOf(error));
  if (issue.code === 'unrecognized_keys') return at('is not known here', issue.keys[0] ?? '');
  if (issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input')) return at(issue.message);
  if (issue.message.endsWith('received undefined')) return at('is needed');
  return at(`must be ${kinds[issue.expected] ?? issue.expected}`);
}

/** The body of a request in this shape. Throws `invalid_request` with the field that does not fit. */
export function readBody<S extends z.ZodType>(request: HttpRequest, schema: S): z.infer<S> {
  const result = schema.safeParse(readObject(request));
  if (result.success) return result.data;
  const { field, problem } = firstProblem(result.error);
  throw errors.bodyInvalid(`${field}: ${problem}`, { field, problem });
}
