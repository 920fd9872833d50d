import type { JsonObject } from '@alongside/kernel/json';
import { z } from 'zod';
import { enrolmentErrors } from '../../enrolment/errors.ts';
import type { Draft } from '../../model/credentials.ts';
import { emailOf } from './accounts.ts';

/** A credential that a developer adds through the console. */
export type ImportedCredential = Omit<Draft, 'uid' | 'kind'>;

/** The label of an imported credential. */
export const labelShape = z.string().max(200).optional();

/** The email address of an imported credential. */
export const emailShape = z
  .string()
  .max(254)
  .refine((value) => emailOf(value) !== undefined, 'must be an e-mail address');

/** Validates the body of an import. Throws `consoleBody` with the first wrong field. */
export function readImport<T>(shape: z.ZodType<T>, body: JsonObject): T {
  const { success, data, error } = shape.safeParse(body);
  if (success) return data;
  const [issue] = error.issues;
  const field = (issue?.path ?? []).join('.');
  const problem = issue?.message ?? '';
  throw enrolmentErrors.consoleBody(`${field}: ${problem}`, { field, problem });
}
