import type { AuditLog } from '../../../storage/audit.ts';

/** Records that tokens were revoked, when any of them lived. */
export async function recordRevocation(
  { audit }: { audit: AuditLog },
  {
    uid,
    sid,
    family,
    applicationId,
  }: { uid: string | null; sid: string | null; family: string; applicationId?: string },
  cause: 'client' | 'code-reused' | 'refresh-token-reused',
  count: number,
): Promise<void> {
  if (count === 0) return;
  await audit.write({
    action: 'cis2.tokens-revoked',
    outcome: 'ok',
    actor: uid ?? '',
    application: applicationId,
    session: sid,
    family,
    detail: { cause },
  });
}
