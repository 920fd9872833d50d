import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Log } from '@alongside/kernel/log';
import { check, type Passed, type Steps, steps } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';
import type { Agent } from '../session/agent.ts';
import { checkNavigation, checkPeerUser, type GuardedRequest } from './guard.ts';
import type { Interactions } from './interactions.ts';
import {
  checkClaims,
  checkResponseUri,
  checkSignature,
  decodeRequest,
  type PinnedIssuer,
  type SentRequest,
  type TrustedRequest,
} from './request.ts';
import type { UsedRequests } from './used-requests.ts';
import type { Journey, Vouching } from './vouching.ts';

/** The parts of the agent that answer a hand-off. */
export interface HandOffDesk {
  agent: Agent;
  usedRequests: UsedRequests;
  vouching: Vouching;
  interactions: Interactions;
  recorder: Recorder;
  log: Log;
  /** The agent's origin, for its pages, whatever loopback name the browser used. */
  origin: string;
}

/** A hand-off request with everything that its steps need. */
export interface HandOffCall extends GuardedRequest {
  cis2: PinnedIssuer;
  desk: HandOffDesk;
}

/** A decoded request, of a sender that was checked. */
type DecodedCall = HandOffCall & SentRequest & Passed<'peer-user'>;

type CheckedRequest = { trusted: TrustedRequest; desk: HandOffDesk } & Passed<
  'peer-user' | 'signature' | 'claims' | 'response-uri'
>;

/** The last check, so that an invalid request is not used up. */
async function takeRequest({ trusted, desk }: CheckedRequest) {
  const { jti, exp, interactive, prompt_login: promptLogin } = trusted.claims;
  const first = await desk.usedRequests.take(jti, exp);
  desk.recorder.record({
    keys: [jti],
    from: 'browser',
    to: 'identity-agent',
    name: 'agent.hand-off',
    outcome: first ? 'ok' : 'refused',
    detail: { interactive, promptLogin },
  });
  if (!first) throw errors.requestReused('the jti was taken before');
  return { journey: { trusted, pinsBefore: promptLogin ? desk.agent.pins : 0 } };
}

async function vouchSilently(
  { agent, vouching, log }: HandOffDesk,
  journey: Journey,
): Promise<string | undefined> {
  const location = await vouching.answer(journey);
  if (location === undefined) return undefined;
  const { client_name: application, jti } = journey.trusted.claims;
  log.info({ application, jti, session: agent.session?.id }, 'signed in silently with the live session');
  return location;
}

/** Redirects with the proof, with the reason for its absence, or to a page with a prompt. */
async function findLocation({ journey, desk }: { journey: Journey; desk: HandOffDesk }) {
  const { trusted } = journey;
  const { interactions, vouching, origin } = desk;
  const silently = interactions.confirms ? undefined : await vouchSilently(desk, journey);
  if (silently !== undefined) return { location: silently };
  return {
    location: trusted.claims.interactive
      ? `${origin}${interactions.open(trusted, journey.pinsBefore).path}`
      : await vouching.refuse(trusted, 'login_required'),
  };
}

/** Returns the `jti` that a refused request claims, to find its journey; empty if it cannot be read. */
export function claimedJti({ query }: Pick<HttpRequest, 'query'>): string {
  const jti = decodeJwt(new URLSearchParams(query).get('request') ?? '')?.claims.jti;
  return typeof jti === 'string' ? jti : '';
}

/** The checks of a decoded request in their order, and its answer. */
export const answerRequest = <S, K extends DecodedCall>(list: Steps<S, K>) =>
  list
    .step(check('signature', checkSignature))
    .step(check('claims', checkClaims))
    .step(check('response-uri', checkResponseUri))
    .step(takeRequest)
    .step(findLocation);

const readParameter = ({ request }: GuardedRequest & Passed<'navigation' | 'peer-user'>) =>
  decodeRequest(new URLSearchParams(request.query).getAll('request'));

const redirectBrowser = ({ location }: { location: string }): Answer => redirect(location);

/**
 * `GET /v1/cis2?request=JWS`: the browser is redirected here by CIS2. Host and path were checked before. The order of the other
 * checks is the contract; the request is recorded as used last.
 */
export const handOff = steps<HandOffCall>('identity-agent.hand-off')
  .step(checkNavigation)
  .step(checkPeerUser)
  .step(readParameter)
  .use(answerRequest)
  .step(redirectBrowser);
