import type { Route } from '@alongside/kernel/http';
import type { Refusals } from '../../oauth/refusals.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { paths } from '../protocol.ts';
import { createValidate } from '../validate/validate.ts';
import { errors } from './errors.ts';
import { createMint } from './mint.ts';
import { createRefusal } from './refusal.ts';

/** What the console alone may ask. Nothing at all without a secret; no minting outside development. */
export function createConsoleRoutes(bases: readonly Base[], parts: Parts, refusals: Refusals): Route[] {
  const { consoleSecret: secret, personSource, development, diagnosis } = parts;
  if (secret === undefined) return [];
  const refusal: Route = {
    methods: ['GET'],
    path: paths.refusal('*').replace('%2A', '*'),
    endpoint: diagnosis.guard(createRefusal(secret, refusals), errors.unexpected),
  };
  const validate: Route = {
    methods: ['POST'],
    path: paths.validate,
    endpoint: diagnosis.guard(createValidate(secret, bases, parts), errors.unexpected),
  };
  if (!development || !personSource) return [refusal, validate];
  const mint: Route = {
    methods: ['POST'],
    path: paths.tokens,
    endpoint: diagnosis.guard(createMint(secret, personSource, bases, parts), errors.unexpected),
  };
  return [refusal, validate, mint];
}
