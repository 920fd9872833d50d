import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import { steps } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';
import type { Agent } from '../session/agent.ts';
import type { Guards } from './guard.ts';
import type { Interactions } from './interactions.ts';
import { createRequestSteps, type RequestParts, type TrustedRequest } from './request.ts';
import type { UsedRequests } from './used-requests.ts';
import type { Journey, Vouching } from './vouching.ts';

export interface HandOffParts extends RequestParts {
  agent: Agent;
  usedRequests: UsedRequests;
  vouching: Vouching;
  interactions: Interactions;
  recorder: Recorder;
  log: Log;
  /** The agent's origin, for its pages, whatever loopback name the browser used. */
  origin: string;
}

/** Creates the steps that all transports share: from verifying the request to the browser's next address. */
export function createHandOffSteps(parts: HandOffParts) {
  const { agent, usedRequests, vouching, interactions, recorder, log, origin } = parts;

  /** The last check, so that an invalid request is not used up. */
  async function takeRequest({ trusted }: { trusted: TrustedRequest }): Promise<{ journey: Journey }> {
    const { jti, exp, interactive, prompt_login: promptLogin } = trusted.claims;
    const first = await usedRequests.take(jti, exp);
    recorder.record({
      keys: [jti],
      from: 'browser',
      to: 'identity-agent',
      name: 'agent.hand-off',
      outcome: first ? 'ok' : 'refused',
      detail: { interactive, promptLogin },
    });
    if (!first) throw errors.requestReused('the jti was taken before');
    return { journey: { trusted, pinsBefore: promptLogin ? agent.pins : 0 } };
  }

  async function vouchSilently(journey: Journey): Promise<string | undefined> {
    const location = await vouching.answer(journey);
    if (location === undefined) return undefined;
    const { client_name: application, jti } = journey.trusted.claims;
    log.info({ application, jti, session: agent.session?.id }, 'signed in silently with the live session');
    return location;
  }

  /** Redirects with the proof, with the reason for its absence, or to a page with a prompt. */
  async function findLocation({ journey }: { journey: Journey }): Promise<{ location: string }> {
    const { trusted } = journey;
    const silently = interactions.confirms ? undefined : await vouchSilently(journey);
    if (silently !== undefined) return { location: silently };
    return {
      location: trusted.claims.interactive
        ? `${origin}${interactions.open(trusted, journey.pinsBefore).path}`
        : await vouching.refuse(trusted, 'login_required'),
    };
  }

  return { ...createRequestSteps(parts), takeRequest, findLocation };
}

/**
 * `GET /v1/cis2?request=JWS`: the browser is redirected here by CIS2. Host and path were checked before. The order of the other
 * checks is the contract; the request is recorded as used last.
 */
export function createHandOff(guards: Guards, handOff: ReturnType<typeof createHandOffSteps>): Endpoint {
  const list = steps<{ request: HttpRequest }>()
    .step(guards.checkNavigation)
    .step(guards.checkPeerUser)
    .step(function readParameter({ request }: { request: HttpRequest }) {
      return handOff.readJws(new URLSearchParams(request.query).getAll('request'));
    })
    .step(handOff.checkSignature)
    .step(handOff.checkClaims)
    .step(handOff.checkResponseUri)
    .step(handOff.takeRequest)
    .step(handOff.findLocation)
    .step(function sendOn({ location }: { location: string }): Answer {
      return redirect(location);
    });
  return (incoming) => list.run({ request: incoming });
}
