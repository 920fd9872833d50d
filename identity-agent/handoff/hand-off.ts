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
  guards: Guards;
  usedRequests: UsedRequests;
  vouching: Vouching;
  interactions: Interactions;
  recorder: Recorder;
  log: Log;
  /** Own origin: the pages stand there, under whatever loopback name the browser came. */
  origin: string;
}

/**
 * `GET /v1/cis2?request=JWS`: the browser comes from CIS2. Host and path were checked before; the order of the rest is
 * the contract, and the request is recorded as used last, so that nothing invalid uses one up.
 */
export function createHandOff(parts: HandOffParts): Endpoint {
  const { agent, guards, usedRequests, vouching, interactions, recorder, log, origin } = parts;
  const request = createRequestSteps(parts);
  const list = steps<{ request: HttpRequest }>()
    .step(guards.checkNavigation)
    .step(guards.checkPeerUser)
    .step(request.readParameter)
    .step(request.checkSignature)
    .step(request.checkClaims)
    .step(request.checkResponseUri)
    .step(function takeRequest({ trusted }: { trusted: TrustedRequest }): { journey: Journey } {
      const { jti, exp, interactive, prompt_login: promptLogin } = trusted.claims;
      const first = usedRequests.take(jti, exp);
      const outcome = first ? 'ok' : 'refused';
      const detail = { interactive, promptLogin };
      recorder.record({
        keys: [jti],
        from: 'browser',
        to: 'identity-agent',
        name: 'agent.hand-off',
        outcome,
        detail,
      });
      if (!first) throw errors.requestReused('the jti was taken before');
      return { journey: { trusted, pinsBefore: promptLogin ? agent.pins : 0 } };
    })
    .step(async function vouchSilently({ journey }: { journey: Journey }): Promise<Answer | undefined> {
      const location = await vouching.answer(journey);
      if (location === undefined) return undefined;
      const { client_name: application, jti } = journey.trusted.claims;
      log.info({ application, jti, session: agent.session?.id }, 'signed in silently with the live session');
      return redirect(location);
    })
    .step(async function refuseSilently({
      journey: { trusted },
    }: {
      journey: Journey;
    }): Promise<Answer | undefined> {
      return trusted.claims.interactive
        ? undefined
        : redirect(await vouching.refuse(trusted, 'login_required'));
    })
    .step(function openInteraction({ journey }: { journey: Journey }): Answer {
      return redirect(`${origin}${interactions.open(journey.trusted, journey.pinsBefore).path}`);
    });
  return (incoming) => list.run({ request: incoming });
}
