import type { AuditLog } from '../../storage/audit.ts';
import type { Statement } from '../../storage/database.ts';
import type { Session } from './session.ts';
import type { EndedSession } from './sessions.ts';

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
