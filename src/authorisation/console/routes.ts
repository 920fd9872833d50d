import type { Endpoint, Route } from '@alongside/kernel/http';
import { route, withoutMethodErrors } from '@alongside/kernel/route';
import type { Base } from '../base.ts';
import { errorFormat } from '../diagnosis.ts';
import { errors as serviceErrors } from '../errors.ts';
import type { Parts } from '../parts.ts';
import { paths } from '../protocol.ts';
import { errors } from './errors.ts';
import { createMint } from './mint.ts';

type CreateValidate = (secret: string, bases: readonly Base[], parts: Parts) => Endpoint;

const format = errorFormat({ ...serviceErrors, unexpected: errors.unexpected });

const post = (path: string, endpoint: Endpoint): Route[] =>
  withoutMethodErrors(route(path, { POST: { endpoint, errors: format } }));

/** Returns the routes for the console; none without a secret, and minting only in development. */
export function createConsoleRoutes(
  bases: readonly Base[],
  parts: Parts,
  createValidate: CreateValidate,
): Route[] {
  const { consoleSecret: secret, personSource, development } = parts;
  if (secret === undefined) return [];
  const validate = post(paths.validate, createValidate(secret, bases, parts));
  if (!development || !personSource) return validate;
  return [...validate, ...post(paths.tokens, createMint(secret, personSource, bases, parts))];
}
