import type { Answer } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import { parseParameters } from '../../oauth/parameters.ts';
import { accountRequest } from '../model/account-client.ts';
import type { Expected, Interactions } from '../model/interactions.ts';
import type { Session } from '../model/session.ts';
import { type Reply, type ReplyFrame, replyTo } from '../responses/reply.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Authenticators } from '../sign-in/authenticators.ts';
import { beginInteraction, findAuthenticators } from '../sign-in/choose.ts';
import type { Start } from './signed-in.ts';

type Parts = ReplyFrame & {
  authenticators: Authenticators;
  interactions: Interactions;
  sessions: Sessions;
};

type Asking = ReturnType<typeof accountRequest> & { expected: Expected | null; reply: Reply };

/** Any level, or the third where the user wants to do what needs it. Whoever is signed in already steps up. */
function askFirst(issuer: string, session: Session | undefined, third: boolean) {
  const acr = third ? ['AAL3_ANY'] : ['AAL2_OR_AAL3_ANY'];
  const expected: Expected | null = session ? { uid: session.uid, firm: false, steppingUp: true } : null;
  return { ...accountRequest(issuer, acr), expected };
}

/** The same user again, at the level of the session, with the PIN or its equal (OpenID Connect Core section 3.1.2.1). */
function askAgain(issuer: string, { uid, authentication }: Session, state: string | null) {
  const acr = authentication.level.others === 3 ? ['AAL3_ANY'] : ['AAL2_OR_AAL3_ANY'];
  const more = { prompt: ['login'], subject: uid, state };
  const expected: Expected | null = { uid, firm: true, steppingUp: false };
  return { ...accountRequest(issuer, acr, more), expected };
}

async function ask({ request, provider: parts }: Start & { provider: Parts }): Promise<Asking> {
  const query = parseParameters(request.query);
  const found = await parts.sessions.current(request);
  const session = found && parts.sessions.isActive(found) ? found : undefined;
  const asked =
    session && query?.has('again')
      ? askAgain(parts.issuer, session, query.get('again') ?? null)
      : askFirst(parts.issuer, session, query?.get('level') === '3');
  return { ...asked, reply: replyTo(parts, { client: asked.client, ...asked.authorization }, request) };
}

/** `GET /account/sign-in`: a sign-in that no application asks for. */
export function accountSignIn(provider: Parts): { run(start: Start): Promise<Answer> } {
  const list = steps<Start & { provider: Parts }>('cis2.account-sign-in')
    .step(ask)
    .step(findAuthenticators)
    .step(beginInteraction);
  return { run: (start) => list.run({ ...start, provider }) };
}
