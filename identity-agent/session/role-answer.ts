import { reasonOf } from '@alongside/kernel/errors';
import { CisRefusal } from './cis-client.ts';
import type { Desk } from './desk.ts';

export type RoleResult =
  | { ok: true }
  | { ok: false; error: 'no_open_question' | 'unknown_role' | 'cis_unreachable' };

/** Submits the role of the session. */
export async function answerRole(desk: Desk, roleId: string): Promise<RoleResult> {
  const { session } = desk;
  if (!session?.awaitingRole || session.lock) return { ok: false, error: 'no_open_question' };
  if (!session.roles.some((role) => role.roleId === roleId)) return { ok: false, error: 'unknown_role' };
  try {
    await desk.parts.cis.chooseRole(session.id, session.key, roleId);
  } catch (error) {
    desk.parts.log.warn({ reason: reasonOf(error) }, 'a role was not taken');
    if (!(error instanceof CisRefusal)) return { ok: false, error: 'cis_unreachable' };
    if (!error.sessionIsOver) return { ok: false, error: 'unknown_role' };
    desk.lost(session, error.message);
    return { ok: false, error: 'no_open_question' };
  }
  session.roleId = roleId;
  session.awaitingRole = false;
  if (desk.session === session) desk.tell('signedIn', { uid: session.uid, roleId });
  return { ok: true };
}
