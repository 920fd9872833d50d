import { activity } from '@alongside/kernel/activity';
import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { responseErrors } from '../errors/response.ts';
import { type AuthorizationRequest, isSilent } from '../model/authorization-request.ts';
import { type Expected, type Interactions, interactionPath } from '../model/interactions.ts';
import type { RelyingParty } from '../model/relying-party.ts';
import type { Reply } from '../responses/authorization-response.ts';
import type { Authenticator, Authenticators } from './authenticator.ts';

interface ChoiceContext {
  request: HttpRequest;
  client: RelyingParty;
  authorization: AuthorizationRequest;
  reply: Reply;
}

/** A uid. Other hints are ambiguous. */
const uidShape = /^\d{12}$/;

/**
 * Finds the expected user: the one with a session in this browser, or of an ID token of this issuer. Anyone can send a `login_hint`
 * or a `sub`, and must not learn from the pages which authenticators that user has (docs/adr/0019).
 */
export async function expectPerson({
  authorization: { subject, loginHint },
  hinted,
  steppingUp,
  present,
}: ChoiceContext & { hinted: boolean; steppingUp: string | null; present: string | null }): Promise<{
  expected: Expected | null;
}> {
  const firm = subject !== null;
  if (steppingUp !== null) return { expected: { uid: steppingUp, firm, steppingUp: true } };
  const named = subject ?? (loginHint !== null && uidShape.test(loginHint) ? loginHint : null);
  if (named === null || !(hinted || named === present)) return { expected: null };
  return { expected: { uid: named, firm, steppingUp: false } };
}

/** Finds the authenticators that could meet the request. Without any, the client gets an error (OpenID Connect Core section 5.5.1.1). */
export async function findAuthenticators({
  authorization,
  expected,
  reply,
  provider: { authenticators },
}: ChoiceContext & { expected: Expected | null; provider: { authenticators: Authenticators } }): Promise<
  Answer | { offered: Authenticator[] }
> {
  const offered = await authenticators.offered(authorization.acr, expected);
  if (offered.length > 0) return { offered };
  return reply.fail(responseErrors.levelUnmet(`nothing here meets ${authorization.acr.join(' ')}`));
}

/** Redirects to an authenticator that will likely respond, or else to the choice page. A silent request fails instead. */
export async function beginInteraction(
  context: ChoiceContext & {
    offered: Authenticator[];
    expected: Expected | null;
    provider: { interactions: Interactions };
  },
): Promise<Answer> {
  const { request, client, authorization, reply, offered, expected } = context;
  const { interactions } = context.provider;
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
  const { interaction, cookie } = interactions.prepare(authorization, { expected });
  activity()?.join({ keys: [interaction.id] });
  const begun = { request, client, interaction };
  const prepared = straight?.prepare?.(begun);
  await interactions.add(request, prepared?.statement ?? interactions.keepStatement(interaction));
  const answer = await (prepared?.begin() ??
    straight?.begin(begun, false) ??
    redirect(interactionPath(interaction.id)));
  return answer.with({ 'set-cookie': cookie });
}
