import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import type { PushedRequests } from '../../../oauth/pushed-requests.ts';
import type { Database } from '../../../storage/database.ts';
import { responseErrors } from '../../errors/response.ts';
import { firstMet } from '../../model/acr.ts';
import { strengthFor } from '../../model/authentication.ts';
import { type AuthorizationRequest, isSilent } from '../../model/authorization-request.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import type { Session } from '../../model/session.ts';
import type { Settled } from '../../model/settle-role.ts';
import { authenticatedAt, type Codes } from '../../responses/codes.ts';
import type { Reply } from '../../responses/reply.ts';
import type { SessionEnds } from '../../sessions/session-ends.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { Authenticators } from '../../sign-in/authenticators.ts';

interface Asked {
  request: HttpRequest;
  client: RelyingParty;
  authorization: AuthorizationRequest;
}

/** Whether a session is the person's that is meant: nobody asks for another, or for the choice. */
function isMeant({ uid }: Session, { authorization: { prompt, subject } }: Omit<Asked, 'request'>): boolean {
  if (prompt.includes('login') || prompt.includes('select_account')) return false;
  return subject === null || subject === uid;
}

const reachesLevel = (session: Session, { client, authorization }: Omit<Asked, 'request'>): boolean =>
  firstMet(authorization.acr, strengthFor(session.authentication, client.registration)) !== undefined;

/** Whether a session meets a request without anybody having to sign in: level, age, person, and no prompt for one. */
function meetsRequest(session: Session, asked: Omit<Asked, 'request'>, now: number): boolean {
  const { client, authorization } = asked;
  const { maxAge } = authorization;
  if (!isMeant(session, asked) || !reachesLevel(session, asked)) return false;
  return maxAge === null || now - authenticatedAt(session, client, maxAge) <= maxAge * 1000;
}

/** What the session of this browser is for a request: one that does, or the person who has to step up. */
export interface Found {
  session: Session | null;
  /** Who is signed in here, but not at the level that is asked for. */
  steppingUp: string | null;
  /** Who is signed in here, whether or not that does for the request. */
  present: string | null;
}

const none: Found = { session: null, steppingUp: null, present: null };

/** The live session of this browser that does for the request, if there is one. */
export async function findSession(
  asked: Asked & {
    reply: Reply;
    provider: { sessions: Sessions; authenticators: Authenticators; ends: SessionEnds; clock: Clock };
  },
): Promise<Answer | Found> {
  const { request, authorization, reply, provider } = asked;
  const { sessions, authenticators, ends, clock } = provider;
  const session = await sessions.current(request);
  if (!session || !sessions.isActive(session)) return none;
  const here = { ...none, present: session.uid };
  if (isMeant(session, asked) && !reachesLevel(session, asked)) return { ...here, steppingUp: session.uid };
  if (!meetsRequest(session, asked, clock.now())) return here;
  const authenticator = authenticators.get(session.authentication.authenticator);
  const validity = (await authenticator?.checkSession(session, request)) ?? { valid: false };
  if (validity.valid) return { ...here, session };
  // That nobody is signed in is not known, so it is not said.
  if (validity.unknown !== undefined && isSilent(authorization))
    return reply.fail(responseErrors.temporarilyUnavailable(validity.unknown));
  if (!validity.ended) return here;
  await ends.end([session], validity.ended);
  return none;
}

/** Silent single sign-on: a code from the live session, redirects only. */
export async function answerSilently({
  client,
  authorization,
  session,
  role: { roleId },
  reply,
  provider: { sessions, codes, database, pushed: pushedRequests },
}: Asked & {
  session: Session | null;
  role: Settled;
  reply: Reply;
  provider: { sessions: Sessions; codes: Codes; database: Database; pushed: PushedRequests };
}): Promise<Answer | undefined> {
  if (!session) return undefined;
  const { code, statements } = codes.prepare(client, authorization, { ...session, roleId });
  const { done } = await database.batch([
    sessions.useStatement(session),
    ...(roleId === session.roleId ? [] : [sessions.changeRoleStatement(session, roleId)]),
    sessions.joinStatement(session.sid, client.registration.clientId),
    ...statements,
  ]);
  if (!done) {
    const { pushed } = authorization;
    // Two tabs with one request: nobody should sign in for the second, which no sign-in can answer any more.
    if (pushed !== null && (await pushedRequests.isSpent(pushed)))
      return reply.fail(responseErrors.requestUriInvalid('a code was given out for it at the same time'));
    // The session ended in this very moment: go on as if there had been none.
    return undefined;
  }
  codes.sent(client, authorization, code, true);
  return reply.succeed(code, authorization.scope);
}
