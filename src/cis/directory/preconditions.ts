import type { HttpRequest } from '@alongside/kernel/http';
import { errors } from '../errors.ts';

/** The entity tag of a revision (RFC 9110 section 8.8.3). */
export const tagOf = (revision: number): string => `"${revision}"`;

/** The revision that a request expects by `If-Match` (RFC 9110 section 13.1.1); undefined when any will do. */
export function expectedRevision(request: HttpRequest): number | undefined {
  const header = request.headers['if-match'];
  if (header === undefined || header.trim() === '*') return undefined;
  const revision = /^"(\d{1,15})"$/.exec(header.trim())?.[1];
  // A tag that we never gave out matches nothing.
  if (revision === undefined) throw errors.revisionChanged('If-Match is no tag of this service');
  return Number(revision);
}
