import type { Answer } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import { parseParameters } from '../../oauth/parameters.ts';
import type { Authenticators } from '../authenticators/registry.ts';
import { beginInteraction, findAuthenticators } from '../authorize/choose.ts';
import type { Expected, Interactions } from '../interaction/interactions.ts';
import { ownRequest } from '../interaction/own-party.ts';
import { type Reply, type ReplyFrame, replyTo } from '../reply.ts';
import type { Sessions } from '../sessions.ts';
import type { Start } from './signed-in.ts';

type Parts = ReplyFrame & {
  authenticators: Authenticators;
  interactions: Interactions;
  sessions: Sessions;
};

type Asking = ReturnType<typeof ownRequest> & { expected: Expected | null; reply: Reply };

/** Any level, or the third where the person wants to do what needs it. Whoever is signed in already steps up. */
const ask = (parts: Parts) =>
  async function ask({ request }: Start): Promise<Asking> {
    const third = parseParameters(request.query)?.get('level') === '3';
    const asked = ownRequest(parts.issuer, third ? ['AAL3_ANY'] : ['AAL2_OR_AAL3_ANY']);
    const session = await parts.sessions.current(request);
    const live = session && parts.sessions.isActive(session);
    return {
      ...asked,
      expected: live ? { uid: session.uid, firm: false, steppingUp: true } : null,
      reply: replyTo(parts, { party: asked.party, ...asked.authorization }, request),
    };
  };

/** `GET /account/sign-in`: a sign-in that no application asks for. */
export const accountSignIn = (parts: Parts): { run(start: Start): Promise<Answer> } =>
  steps<Start>()
    .step(ask(parts))
    .step(findAuthenticators(parts.authenticators))
    .step(beginInteraction(parts.interactions));
