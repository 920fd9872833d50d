import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import { check, type Passed } from '@alongside/kernel/steps';
import type { Person } from '../../../cis/protocol.ts';
import type { PushedRequests } from '../../../oauth/pushed-requests.ts';
import type { Database } from '../../../storage/database.ts';
import { responseErrors } from '../../errors/response.ts';
import type { BrowserMarks } from '../../model/browser-marks.ts';
import type { CisClient } from '../../model/cis-client.ts';
import {
  type AuthorizationRequest,
  type Interactions,
  interactionPath,
  isSilent,
} from '../../model/interactions.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import { asksForRole, type SettledRole, settleRole } from '../../model/roles.ts';
import { firstMet, type Session, strengthFor } from '../../model/session.ts';
import { authenticatedAt, type Codes, type Reply } from '../../responses/authorization-response.ts';
import type { SessionEnds } from '../../sessions/session-ends.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { Authenticators } from '../../sign-in/authenticator.ts';

interface RequestCall {
  request: HttpRequest;
  client: RelyingParty;
  authorization: AuthorizationRequest;
}

/** Whether the user of a session is the requested one, and the request does not ask for another or for the choice. */
function isRequested(
  { uid }: Session,
  { authorization: { prompt, subject } }: Omit<RequestCall, 'request'>,
): boolean {
  if (prompt.includes('login') || prompt.includes('select_account')) return false;
  return subject === null || subject === uid;
}

const reachesLevel = (session: Session, { client, authorization }: Omit<RequestCall, 'request'>): boolean =>
  firstMet(authorization.acr, strengthFor(session.authentication, client.registration)) !== undefined;

/** Whether a session meets a request without a sign-in: by its level, age and user, and the prompt. */
function meetsRequest(session: Session, call: Omit<RequestCall, 'request'>, now: number): boolean {
  const { client, authorization } = call;
  const { maxAge } = authorization;
  if (!isRequested(session, call) || !reachesLevel(session, call)) return false;
  return maxAge === null || now - authenticatedAt(session, client, maxAge) <= maxAge * 1000;
}

/** The session of this browser that meets a request, or its user who must step up. */
export interface SessionOfRequest {
  session: Session | null;
  /** The user who is signed in, but below the requested level. */
  steppingUp: string | null;
  /** The user who is signed in, whether or not the session meets the request. */
  present: string | null;
}

const none: SessionOfRequest = { session: null, steppingUp: null, present: null };

/** Finds the live session of this browser that meets the request, if there is one. */
export const findSession = check(
  'session',
  async function findSession(
    call: RequestCall & {
      reply: Reply;
      provider: { sessions: Sessions; authenticators: Authenticators; ends: SessionEnds; clock: Clock };
    },
  ) {
    const { request, authorization, reply, provider } = call;
    const { sessions, authenticators, ends, clock } = provider;
    const session = await sessions.current(request);
    if (!session || !sessions.isActive(session)) return none;
    const here = { ...none, present: session.uid };
    if (isRequested(session, call) && !reachesLevel(session, call))
      return { ...here, steppingUp: session.uid };
    if (!meetsRequest(session, call, clock.now())) return here;
    const authenticator = authenticators.get(session.authentication.authenticator);
    const validity = (await authenticator?.checkSession(session, request)) ?? { valid: false };
    if (validity.valid) return { ...here, session };
    // The session may be live, so login_required would be wrong.
    if (validity.unknown !== undefined && isSilent(authorization))
      return reply.fail(responseErrors.temporarilyUnavailable(validity.unknown));
    if (!validity.ended) return here;
    await ends.end([session], validity.ended);
    return none;
  },
);

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
  }: SessionCall & { provider: { cis: CisClient; ends: SessionEnds; log: Log } }) {
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
 * Leaves a sign-in to the agent if any local user may be the client: only the agent can see whose program waits for the code.
 */
export async function askAgentForListener({
  request,
  session,
  client,
  authorization,
  provider: { authenticators },
}: SessionCall & { client: RelyingParty; provider: { authenticators: Authenticators } }): Promise<
  { session: null } | undefined
> {
  if (!session || !authorization.listenerPort) return undefined;
  const authenticator = authenticators.get(session.authentication.authenticator);
  if (!authenticator?.seesListeners) return undefined;
  return (await authenticator.goesStraight(request, client, authorization)) ? { session: null } : undefined;
}

/**
 * Asks the user of a live session to confirm a client that any local user may be, and for `prompt=consent` (OpenID Connect Core
 * section 3.1.2.1), for which the published profile shows no page.
 */
export async function askForConsent({
  request,
  session,
  client,
  authorization,
  reply,
  provider: { interactions, marks },
}: SessionCall & {
  client: RelyingParty;
  provider: { interactions: Interactions; marks: BrowserMarks };
}): Promise<Answer | undefined> {
  if (!session) return undefined;
  const consent = authorization.prompt.includes('consent') && client.registration.profile !== 'nhs';
  const isPublic = typeof authorization.listenerPort === 'number';
  if (!consent && !(isPublic && marks.mustConfirm(request, session.uid, authorization))) return undefined;
  if (isSilent(authorization))
    return reply.fail(responseErrors.interactionRequired('the user must confirm the application'));
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

/** Issues a code from the live session without a page: single sign-on. */
export async function answerSilently({
  request,
  client,
  authorization,
  session,
  role: { roleId },
  reply,
  provider: { sessions, codes, database, pushed: pushedRequests },
}: RequestCall &
  Passed<'session' | 'user'> & {
    session: Session | null;
    role: SettledRole;
    reply: Reply;
    provider: { sessions: Sessions; codes: Codes; database: Database; pushed: PushedRequests };
  }): Promise<Answer | undefined> {
  if (!session) return undefined;
  const { code, statements } = codes.prepare(client, authorization, { ...session, roleId }, request.activity);
  const { done } = await database.batch([
    sessions.joinStatement(session.sid, client.registration.clientId),
    sessions.useStatement(session),
    ...(roleId === session.roleId ? [] : [sessions.changeRoleStatement(session, roleId)]),
    ...statements,
  ]);
  if (!done) {
    const { pushed } = authorization;
    // Another tab used the request. A sign-in could not answer it any more.
    if (pushed !== null && (await pushedRequests.isSpent(pushed)))
      return reply.fail(responseErrors.requestUriInvalid('a code was given out for it at the same time'));
    // The session ended at the same time: continue as without one.
    return undefined;
  }
  codes.sent(client, authorization, { code, silent: true, session }, request.activity);
  return reply.succeed(code, authorization.scope);
}
