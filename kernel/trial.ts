import { z } from 'zod';
import { actors } from './errors.ts';

const check = z.strictObject({
  /** Name of the checked value: `aud`, `kid`, `redirect_uri`. */
  check: z.string(),
  ok: z.boolean(),
  expected: z.string(),
  received: z.string(),
});
/** The result of one check of a request, with the expected and the received value. Never a secret or a raw token. */
export type Check = z.output<typeof check>;

const triedRefusal = z.strictObject({
  /** Id of the catalogue entry. */
  error: z.string(),
  fix: z.string(),
  actor: z.enum(actors),
  source: z.string(),
});
/** The error of a failed check. */
export type TriedRefusal = z.output<typeof triedRefusal>;

const triedCheck = check.extend({ refusal: triedRefusal.exactOptional() });
/** The result of one check of a dry run. Only a failed one has a refusal. */
export type TriedCheck = z.output<typeof triedCheck>;

/** The result of a dry run: how the service would respond to the request now. */
export const trialReport = z.strictObject({
  ok: z.boolean(),
  /** The checks in their order, beyond the first failure where possible. */
  checks: z.array(triedCheck),
  /** The refusal for the first failure; null if all checks pass. */
  answer: z.strictObject({ status: z.number(), error: z.string(), error_description: z.string() }).nullable(),
});
export type TrialReport = z.output<typeof trialReport>;
