import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import { keyFits, publicKeyOf } from '@alongside/kernel/jws';
import { z } from 'zod';
import { errors } from './errors.ts';

/** A uid, role profile id or person-at-organisation id. */
export const digits12 = z.string().regex(/^[0-9]{12}$/, 'must be 12 digits');

/** Bytes as base64 (RFC 4648 section 4) in its canonical form, with a maximum number of characters. */
export const base64 = (longest: number) =>
  z
    .string()
    .min(4, 'must not be empty')
    .max(longest, `must have at most ${longest} characters`)
    .transform((value, context) => {
      const bytes = Buffer.from(value, 'base64');
      if (bytes.toString('base64') === value) return bytes;
      context.addIssue('must be base64');
      return z.NEVER;
    });

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url');

/** A public P-256 key as a JWK (RFC 7518 section 6.2.1). Other members are dropped. */
export const p256Key = z
  .object({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: coordinate,
    y: coordinate,
    d: z.never().optional(),
  })
  .transform(({ kty, crv, x, y }) => ({ kty, crv, x, y }))
  .refine((jwk) => {
    const key = publicKeyOf(jwk);
    return key !== undefined && keyFits('ES256', key);
  }, 'must be a public P-256 key');

/** A card signature with its certificate. Fits the signature of the largest RSA key and a certificate of some kilobytes. */
export const cardSignature = { certificate: base64(8_192), signature: base64(1_024) };

export const challenge = z.string().min(1, 'must not be empty').max(128, 'must have at most 128 characters');

export const sessionId = z.string().min(1, 'must not be empty').max(64, 'must have at most 64 characters');

/** Maximum length of a body in characters. */
const longest = 32_768;

/** Parses one JSON object from untrusted text. @throws Refusal `invalid_request` */
export function parseObject(text: string): JsonObject {
  if (text.length > longest) throw errors.bodyInvalid(`the body has ${text.length} characters`);
  try {
    return parseJsonObject(text);
  } catch (error) {
    throw errors.bodyInvalid(reasonOf(error), {}, error);
  }
}

/** Returns the media type of a body; empty without one. */
export const mediaTypeOf = (request: HttpRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/** Returns the JSON object in the body of a request with one of these media types. */
export function readObject(
  request: HttpRequest,
  mediaTypes: readonly string[] = ['application/json'],
): JsonObject {
  const mediaType = mediaTypeOf(request);
  if (!mediaTypes.includes(mediaType)) throw errors.mediaType(`the media type is ${mediaType || 'missing'}`);
  return parseObject(request.body);
}

/** The names of JSON types in problems. */
const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** Returns the first invalid field of a value and its problem: the message of the schema, or a default. */
export function firstProblem(error: z.ZodError): { field: string; problem: string } {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map(String);
  const at = (problem: string, ...more: string[]) => ({
    field: [...path, ...more].join('.').slice(0, 200),
    problem: problem.slice(0, 200),
  });
  if (!issue) return at(reasonOf(error));
  if (issue.code === 'unrecognized_keys') return at('is unknown', issue.keys[0] ?? '');
  if (issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input')) return at(issue.message);
  if (issue.message.endsWith('received undefined')) return at('is required');
  return at(`must be ${kinds[issue.expected] ?? issue.expected}`);
}

/** Returns the error for an invalid field of a request. */
export const invalidField = (field: string, problem: string) =>
  errors.bodyInvalid(`${field}: ${problem}`, { field, problem });

/** Validates a value of a request. @throws Refusal `invalid_request` with the invalid field */
export function inShape<S extends z.ZodType>(value: unknown, schema: S): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { field, problem } = firstProblem(result.error);
  throw invalidField(field, problem);
}

/** Returns the body of a request in this shape. @throws Refusal `invalid_request` with the invalid field */
export const readBody = <S extends z.ZodType>(request: HttpRequest, schema: S): z.infer<S> =>
  inShape(readObject(request), schema);
