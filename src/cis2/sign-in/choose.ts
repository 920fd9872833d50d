import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { responseErrors } from '../errors/response.ts';
import { type AuthorizationRequest, isSilent } from '../model/authorization-request.ts';
import { type Expected, type Interactions, interactionPath } from '../model/interactions.ts';
import type { RelyingParty } from '../model/relying-party.ts';
import type { Reply } from '../responses/authorization-response.ts';
import type { Authenticator } from './authenticator.ts';
import type { Authenticators } from './authenticators.ts';

interface Asked {
  request: HttpRequest;
  client: RelyingParty;
  authorization: AuthorizationRequest;
  reply: Reply;
}

/** A uid; what else stands in a hint may mean anybody. */
const uidShape = /^\d{12}$/;

/**
 * Whom the pages may go by: the person whose session this browser has, or whom an ID token of ours names. Anybody may write a
 * `login_hint` or a `sub` into an address, and must not learn from the pages how that person signs in (docs/adr/0019).
 */
export async function expectPerson({
  authorization: { subject, loginHint },
  hinted,
  steppingUp,
  present,
}: Asked & { hinted: boolean; steppingUp: string | null; present: string | null }): Promise<{
  expected: Expected | null;
}> {
  const firm = subject !== null;
  if (steppingUp !== null) return { expected: { uid: steppingUp, firm, steppingUp: true } };
  const named = subject ?? (loginHint !== null && uidShape.test(loginHint) ? loginHint : null);
  if (named === null || !(hinted || named === present)) return { expected: null };
  return { expected: { uid: named, firm, steppingUp: false } };
}

/** Which ways to sign in could meet the request. None: the client is told, never given less (OpenID Connect Core section 5.5.1.1). */
export async function findAuthenticators({
  authorization,
  expected,
  reply,
  provider: { authenticators },
}: Asked & { expected: Expected | null; provider: { authenticators: Authenticators } }): Promise<
  Answer | { offered: Authenticator[] }
> {
  const offered = await authenticators.offered(authorization.acr, expected);
  if (offered.length > 0) return { offered };
  return reply.fail(responseErrors.levelUnmet(`nothing here meets ${authorization.acr.join(' ')}`));
}

/** Straight to an authenticator on evidence that it answers, else the choice page; without a person to ask, an error. */
export async function beginInteraction(
  known: Asked & {
    offered: Authenticator[];
    expected: Expected | null;
    provider: { interactions: Interactions };
  },
): Promise<Answer> {
  const { request, client, authorization, reply, offered, expected } = known;
  const { interactions } = known.provider;
  let straight: Authenticator | undefined;
  if (!authorization.prompt.includes('select_account')) {
    for (const authenticator of offered) {
      if (!(await authenticator.goesStraight(request, client, authorization))) continue;
      straight = authenticator;
      break;
    }
  }
  if (!straight && isSilent(authorization))
    return reply.fail(responseErrors.loginRequired('there is no session that meets the request'));
  const { interaction, cookie } = await interactions.begin(request, authorization, { expected });
  const answer = straight
    ? await straight.begin({ request, client, interaction }, false)
    : redirect(interactionPath(interaction.id));
  return answer.with({ 'set-cookie': cookie });
}
