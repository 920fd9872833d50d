import { type Answer, redirect } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import { check, type Passed } from '@alongside/kernel/steps';
import type { Person } from '../../../cis/protocol.ts';
import { responseErrors } from '../../errors/response.ts';
import { type AuthorizationRequest, isSilent } from '../../model/authorization-request.ts';
import type { CisClient } from '../../model/cis-client.ts';
import { type Interactions, interactionPath } from '../../model/interactions.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import { asksForRole, type SettledRole, settleRole } from '../../model/roles.ts';
import type { Session } from '../../model/session.ts';
import type { Reply } from '../../responses/authorization-response.ts';
import type { SessionEnds } from '../../sessions/session-ends.ts';

// The questions to the user of a live session before it answers a request.

interface SessionCall {
  request: HttpRequest;
  authorization: AuthorizationRequest;
  reply: Reply;
  session: Session | null;
}

/** Requires that CIS still has the user of the session, and drops a role that the user no longer has. */
export const settleSessionRole = check(
  'user',
  async function settleSessionRole({
    session,
    authorization,
    reply,
    provider: { cis, ends, log },
  }: SessionCall & { provider: { cis: CisClient; ends: SessionEnds; log: Log } }): Promise<
    Answer | { session: Session | null; role: SettledRole }
  > {
    const none = { roleId: null, asks: false };
    if (!session) return { session, role: none };
    // CIS ends the smartcard sessions of disabled users. The users of other sessions are checked here.
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
  },
);

/**
 * Asks the user of a live session to confirm, for `prompt=consent` (OpenID Connect Core section 3.1.2.1). The published profile
 * has no consent page.
 */
export async function askForConsent({
  request,
  session,
  client,
  authorization,
  provider: { interactions },
}: SessionCall & { client: RelyingParty; provider: { interactions: Interactions } }): Promise<
  Answer | undefined
> {
  if (!session || !authorization.prompt.includes('consent') || client.registration.profile === 'nhs')
    return undefined;
  const { interaction, cookie } = await interactions.begin(request, authorization, {
    sid: session.sid,
    confirmed: false,
  });
  return redirect(interactionPath(interaction.id, 'confirm'), 302, { 'set-cookie': cookie });
}

/** Asks the user of a live session to choose a role. A silent request gets an error (OpenID Connect Core section 3.1.2.6). */
export async function askForRole({
  request,
  session,
  role,
  authorization,
  reply,
  provider: { interactions },
}: SessionCall & Passed<'user'> & { role: SettledRole; provider: { interactions: Interactions } }): Promise<
  Answer | undefined
> {
  if (!session || !role.asks) return undefined;
  if (isSilent(authorization)) return reply.fail(responseErrors.interactionRequired('a role must be chosen'));
  const { interaction, cookie } = await interactions.begin(request, authorization, { sid: session.sid });
  return redirect(interactionPath(interaction.id, 'role'), 302, { 'set-cookie': cookie });
}
