import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Database } from '../../storage/database.ts';
import { firstMet } from '../acr.ts';
import { reachedFor } from '../authentication.ts';
import type { Authenticators } from '../authenticators/registry.ts';
import type { AuthorizationRequest } from '../authorization-request.ts';
import { authenticatedAt, type Codes } from '../codes.ts';
import type { SessionEnds } from '../logout/session-ends.ts';
import type { RelyingParty } from '../relying-party.ts';
import type { Reply } from '../reply.ts';
import type { Settled } from '../roles/settle.ts';
import type { Session } from '../session.ts';
import type { Sessions } from '../sessions.ts';

interface Asked {
  request: HttpRequest;
  party: RelyingParty;
  authorization: AuthorizationRequest;
}

/** Whether a session meets a request without anybody being asked: level, age, person, and no prompt for one. */
function meetsRequest(
  session: Session,
  { party, authorization }: Omit<Asked, 'request'>,
  now: number,
): boolean {
  const { prompt, acr, maxAge, subject } = authorization;
  if (prompt.includes('login') || prompt.includes('select_account')) return false;
  if (prompt.includes('consent') && party.client.profile !== 'nhs') return false;
  if (subject !== null && subject !== session.uid) return false;
  if (firstMet(acr, reachedFor(session.authentication, party.client)) === undefined) return false;
  return maxAge === null || now - authenticatedAt(session, party, maxAge) <= maxAge * 1000;
}

/** The live session of this browser that does for the request, if there is one. */
export const findSession = (parts: {
  sessions: Sessions;
  authenticators: Authenticators;
  ends: SessionEnds;
  clock: Clock;
}) =>
  async function findSession({ request, party, authorization }: Asked): Promise<{ session: Session | null }> {
    const session = await parts.sessions.current(request);
    if (!session || !parts.sessions.isActive(session)) return { session: null };
    if (!meetsRequest(session, { party, authorization }, parts.clock.now())) return { session: null };
    const authenticator = parts.authenticators.get(session.authentication.authenticator);
    const standing = (await authenticator?.standing(session, request)) ?? { holds: false };
    if (standing.ended) await parts.ends.end([session], standing.ended);
    return { session: standing.holds ? session : null };
  };

/** Silent single sign-on: a code from the live session, redirects only. */
export const answerSilently = (parts: { sessions: Sessions; codes: Codes; database: Database }) =>
  async function answerSilently({
    party,
    authorization,
    session,
    role: { roleId },
    reply,
  }: Asked & { session: Session | null; role: Settled; reply: Reply }): Promise<Answer | undefined> {
    if (!session) return undefined;
    const { code, statement } = parts.codes.granting(party, authorization, { ...session, roleId });
    const { done } = await parts.database.batch([
      parts.sessions.using(session.sid),
      ...(roleId === session.roleId ? [] : [parts.sessions.changingRole(session, roleId)]),
      parts.sessions.joining(session.sid, party.client.clientId),
      statement,
    ]);
    // It ended in this very moment: go on as if there had been none.
    if (!done) return undefined;
    parts.codes.sent(party, authorization, code, true);
    return reply.succeed(code, authorization.scope);
  };
