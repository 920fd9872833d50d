import type { AuditLog } from '../../storage/audit.ts';
import type { Statement } from '../../storage/database.ts';
import type { Session } from './session.ts';
import type { EndedSession } from './sessions.ts';

/** Returns the audit record of the choice of a role. */
export const roleChoiceStatement = (
  audit: AuditLog,
  { id, uid }: Session,
  roleId: string | null,
): Statement =>
  audit.recordStatement({
    action: 'cis.role-chosen',
    outcome: 'ok',
    actor: uid,
    target: id,
    session: id,
    role: roleId,
  });

/** Returns the audit record of the end of a session. */
export const sessionEndStatement = (
  audit: AuditLog,
  { id, uid, agentId, endCause }: EndedSession,
): Statement =>
  audit.recordStatement({
    actor: uid,
    action: 'cis.session-ended',
    target: id,
    session: id,
    device: agentId,
    outcome: 'ok',
    detail: { cause: endCause },
  });
