import { type Answer, json } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { AuditAction, AuditLog } from '../../storage/audit.ts';
import type { Statement } from '../../storage/database.ts';
import { errors } from './errors.ts';

/** A request that may have `If-Match`. */
export type Conditional = Pick<HttpRequest, 'headers'>;

/** Returns the entity tag of a revision (RFC 9110 section 8.8.3). */
export const tagOf = (revision: number): string => `"${revision}"`;

/** Refuses if `If-Match` has another revision (RFC 9110 section 13.1.1). */
export function checkRevision({ headers }: Conditional, revision: number): void {
  const expected = headers['if-match']?.trim();
  if (expected === undefined || expected === '*' || expected === tagOf(revision)) return;
  throw errors.revisionChanged(`If-Match is ${expected}, it is ${tagOf(revision)}`);
}

/** Responds with a stored value; its revision is the ETag. */
export const tagged = (
  { revision, ...value }: { revision: number },
  status = 200,
  headers: Record<string, string> = {},
): Answer => json(status, value, { etag: tagOf(revision), ...headers });

/** Changes the current value. Retries after a concurrent write if the request accepts any revision. */
export async function changeCurrent<Stored extends { revision: number }, Changed extends object>(
  request: Conditional,
  find: () => Promise<Stored>,
  change: (before: Stored) => Changed | Promise<Changed>,
  replace: (changed: Changed, revision: number) => Promise<boolean>,
): Promise<Changed & { revision: number }> {
  for (;;) {
    const before = await find();
    checkRevision(request, before.revision);
    const changed = await change(before);
    if (await replace(changed, before.revision)) return { ...changed, revision: before.revision + 1 };
  }
}

/** Records an act of the caller in the batch that carries it out. */
export const recordStatement = (
  audit: AuditLog,
  action: AuditAction,
  target: string,
  more: { application?: string } = {},
): Statement => audit.recordStatement({ actor: 'developer', action, target, outcome: 'ok', ...more });
