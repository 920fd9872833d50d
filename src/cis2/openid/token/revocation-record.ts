import type { AuditLog } from '../../../storage/audit.ts';
import type { Statement } from '../../../storage/database.ts';

/** Returns the audit record of revoked tokens. */
export const revocationStatement = (
  { audit }: { audit: AuditLog },
  {
    uid,
    sid,
    family,
    applicationId,
  }: { uid: string | null; sid: string | null; family: string; applicationId?: string },
  cause: 'client' | 'code-reused' | 'refresh-token-reused',
): Statement =>
  audit.recordStatement({
    action: 'cis2.tokens-revoked',
    outcome: 'ok',
    actor: uid ?? '',
    application: applicationId,
    session: sid,
    family,
    detail: { cause },
  });
