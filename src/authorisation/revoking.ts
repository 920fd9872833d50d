import type { Statement } from '../storage/database.ts';
import type { Base } from './base.ts';
import type { AtBase, PlatformParts } from './parts.ts';

/** The tokens of one authorization. */
interface Family {
  uid: string | null;
  sid: string | null;
  family: string;
  applicationId?: string;
}

type Cause = 'client' | 'code-reused' | 'refresh-token-reused';

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
