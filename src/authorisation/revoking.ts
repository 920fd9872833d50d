import type { Condition, RequestBatch } from '../oauth/request-batch.ts';
import type { Statement } from '../storage/database.ts';
import type { Base } from './base.ts';
import type { AtBase, PlatformParts } from './parts.ts';
import type { Upstream } from './upstream/upstream.ts';

/** The tokens of one authorization. */
interface Family {
  uid: string | null;
  sid: string | null;
  family: string;
  applicationId?: string;
}

type Cause = 'client' | 'code-reused' | 'refresh-token-reused' | 'session-ended';

/** Returns the audit record of revoked tokens. */
export const revocationStatement = (
  { audit }: Pick<PlatformParts, 'audit'>,
  base: Base,
  { uid, sid, family, applicationId }: Family,
  cause: Cause,
): Statement =>
  audit.recordStatement({
    action: 'authorisation.tokens-revoked',
    outcome: 'ok',
    actor: uid ?? '',
    application: applicationId,
    session: sid,
    family,
    detail: { base: base.path, cause },
  });

/** Revokes all tokens of an authorization, with an audit record if any was live. */
export async function revokeFamily(
  { base, parts }: AtBase<'tokens' | 'audit'>['server'],
  family: Family,
  cause: Cause,
): Promise<void> {
  await parts.tokens.revokeFamily(family.family, revocationStatement(parts, base, family, cause));
}

/** Requires that the provider has not ended a session when the batch is executed. */
export function requireSession(
  { server: { base, parts }, batch }: AtBase<'endedSessions'> & { batch: RequestBatch },
  upstream: Upstream,
  sid: string | null,
  refuse: Condition['refuse'],
): void {
  const condition = parts.endedSessions.unless(base, upstream, sid, refuse);
  if (condition) batch.require(condition);
}

/**
 * Revokes new tokens, written under `requireSession`, whose session the provider ended while they were written. Returns whether it did.
 */
export async function endedMeanwhile(
  server: AtBase<'endedSessions' | 'tokens' | 'audit'>['server'],
  upstream: Upstream,
  family: Family,
): Promise<boolean> {
  const { endedSessions } = server.parts;
  if (!endedSessions.mayEndDuringBatch) return false;
  const isOver = await endedSessions.isOver(server.base, upstream, family.sid);
  if (isOver) await revokeFamily(server, family, 'session-ended');
  return isOver;
}
