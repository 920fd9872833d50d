import type { Endpoint, Route } from '@alongside/kernel/http';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { paths } from '../protocol.ts';
import { errors } from './errors.ts';
import { createMint } from './mint.ts';

type CreateValidate = (secret: string, bases: readonly Base[], parts: Parts) => Endpoint;

/** Returns the routes for the console; none without a secret, and minting only in development. */
export function createConsoleRoutes(
  bases: readonly Base[],
  parts: Parts,
  createValidate: CreateValidate,
): Route[] {
  const { consoleSecret: secret, personSource, development, diagnosis } = parts;
  if (secret === undefined) return [];
  const validate: Route = {
    methods: ['POST'],
    path: paths.validate,
    endpoint: diagnosis.guard(createValidate(secret, bases, parts), errors.unexpected),
  };
  if (!development || !personSource) return [validate];
  const mint: Route = {
    methods: ['POST'],
    path: paths.tokens,
    endpoint: diagnosis.guard(createMint(secret, personSource, bases, parts), errors.unexpected),
  };
  return [validate, mint];
}
