import type { HttpRequest } from '@alongside/kernel/http';
import { errors } from '../errors.ts';

/** The entity tag of a revision (RFC 9110 section 8.8.3). */
export const tagOf = (revision: number): string => `"${revision}"`;

/** Refuses when the request expects another revision by `If-Match` (RFC 9110 section 13.1.1). */
export function checkRevision({ headers }: HttpRequest, revision: number): void {
  const expected = headers['if-match']?.trim();
  if (expected === undefined || expected === '*' || expected === tagOf(revision)) return;
  throw errors.revisionChanged(`If-Match is ${expected}, it is ${tagOf(revision)}`);
}
