import { type Answer, redirect } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import type { Person } from '../../../cis/protocol.ts';
import { responseErrors } from '../../errors/response.ts';
import { type AuthorizationRequest, isSilent } from '../../model/authorization-request.ts';
import type { CisClient } from '../../model/cis-client.ts';
import { type Interactions, interactionPath } from '../../model/interactions.ts';
import type { Session } from '../../model/session.ts';
import { asksForRole, type Settled, settleRole } from '../../model/settle-role.ts';
import type { Reply } from '../../responses/reply.ts';
import type { SessionEnds } from '../../sessions/session-ends.ts';

interface Asked {
  request: HttpRequest;
  authorization: AuthorizationRequest;
  reply: Reply;
  session: Session | null;
}

/** What CIS's directory says now of the role of a live session: one that was withdrawn is dropped. */
export async function settleSessionRole({
  session,
  authorization,
  reply,
  provider: { cis, ends, log },
}: Asked & { provider: { cis: CisClient; ends: SessionEnds; log: Log } }): Promise<
  Answer | { session: Session | null; role: Settled }
> {
  const none = { roleId: null, asks: false };
  // CIS ends smartcard sessions of people who are disabled; whoever signed in otherwise is looked at here.
  if (!session) return { session, role: none };
  const idle = session.roleId === null && !asksForRole(authorization.scope);
  if (idle && session.cisSessionId !== null) return { session, role: none };
  let person: Person | undefined;
  try {
    person = await cis.person(session.uid);
    if (!person || person.disabled) await ends.end([session], 'disabled');
  } catch (error) {
    if (isSilent(authorization)) return reply.fail(responseErrors.temporarilyUnavailable(reasonOf(error)));
    log.warn({ reason: reasonOf(error) }, 'a session is not used silently while CIS cannot be asked');
  }
  if (!person || person.disabled) return { session: null, role: none };
  const held = [session.roleId, session.authentication.roleId];
  return { session, role: settleRole(person, authorization.scope, held) };
}

/** Leads to the page on which a role is chosen; without a person to ask, an error (OpenID Connect Core section 3.1.2.6). */
export async function askForRole({
  request,
  session,
  role,
  authorization,
  reply,
  provider: { interactions },
}: Asked & { role: Settled; provider: { interactions: Interactions } }): Promise<Answer | undefined> {
  if (!session || !role.asks) return undefined;
  if (isSilent(authorization)) return reply.fail(responseErrors.interactionRequired('a role must be chosen'));
  const { interaction, cookie } = await interactions.begin(request, authorization, { sid: session.sid });
  return redirect(interactionPath(interaction.id, 'role'), 302, { 'set-cookie': cookie });
}
