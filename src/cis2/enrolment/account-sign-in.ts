import { steps } from '@alongside/kernel/steps';
import { parseParameters } from '../../oauth/parameters.ts';
import type { Expected } from '../model/interactions.ts';
import { accountRequest } from '../model/relying-party.ts';
import type { Session } from '../model/session.ts';
import { replyTo } from '../responses/authorization-response.ts';
import { beginInteraction, findAuthenticators } from '../sign-in/authenticator.ts';
import type { Start } from './services.ts';

/** Returns the request for a sign-in: of level 3 for acts that need it, else of any. A signed-in user steps up. */
function firstRequest(issuer: string, session: Session | undefined, third: boolean) {
  const acr = third ? ['AAL3_ANY'] : ['AAL2_OR_AAL3_ANY'];
  const expected: Expected | null = session ? { uid: session.uid, firm: false, steppingUp: true } : null;
  return { ...accountRequest(issuer, acr), expected };
}

/** Returns the request for a new PIN or its equivalent, from the same user at the same level (OpenID Connect Core section 3.1.2.1). */
function repeatedRequest(issuer: string, { uid, authentication }: Session, state: string | null) {
  const acr = authentication.level.others === 3 ? ['AAL3_ANY'] : ['AAL2_OR_AAL3_ANY'];
  const expected: Expected | null = { uid, firm: true, steppingUp: false };
  return { ...accountRequest(issuer, acr, { prompt: ['login'], subject: uid, state }), expected };
}

async function makeRequest({ request, provider }: Start) {
  const { sessions, issuer } = provider;
  const query = parseParameters(request.query);
  const found = await sessions.current(request);
  const session = found && sessions.isActive(found) ? found : undefined;
  // Present without a value too: it names the authenticator to return to, if any.
  const [again] = query?.all('again') ?? [];
  const made =
    session && again !== undefined
      ? repeatedRequest(issuer, session, again || null)
      : firstRequest(issuer, session, query?.get('level') === '3');
  return { ...made, reply: replyTo(provider, { client: made.client, ...made.authorization }, request) };
}

/** `GET /account/sign-in`: a sign-in without an application. */
export const accountSignIn = steps<Start>('cis2.account-sign-in')
  .step(makeRequest)
  .step(findAuthenticators)
  .step(beginInteraction);
