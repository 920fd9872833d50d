import { noContent } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import { orderedId } from '@alongside/kernel/ids';
import { stateKey } from '@alongside/kernel/journeys';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import { check, steps } from '@alongside/kernel/steps';
import type { Applications } from '../../../oauth/applications.ts';
import type { Parameters } from '../../../oauth/parameters.ts';
import { readResponseMode } from '../../../oauth/parameters.ts';
import type { PushedRequests } from '../../../oauth/pushed-requests.ts';
import { checkRedirectUri, requirePushed, requireSigned } from '../../../oauth/server/request-checks.ts';
import type { Urls } from '../../../service.ts';
import type { Database } from '../../../storage/database.ts';
import { requestErrors } from '../../errors/request.ts';
import type { BrowserMarks } from '../../model/browser-marks.ts';
import type { CisClient } from '../../model/cis-client.ts';
import type { AuthorizationRequest, Interactions } from '../../model/interactions.ts';
import { rulesOf } from '../../model/profiles.ts';
import { findRelyingParty, partyOf, type RelyingParty } from '../../model/relying-party.ts';
import { endpointPaths } from '../../protocol.ts';
import { type Codes, type Reply, type ReplyFrame, replyTo } from '../../responses/authorization-response.ts';
import type { SessionEnds } from '../../sessions/session-ends.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import {
  type Authenticators,
  beginInteraction,
  expectPerson,
  findAuthenticators,
} from '../../sign-in/authenticator.ts';
import type { ServerCall } from '../server.ts';
import { gatherRequest, readParameters, reenterByGet } from './parameters.ts';
import { type RequestIssuer, requestChecks, resolveRequest } from './request-checks.ts';
import {
  answerSilently,
  askAgentForListener,
  askForConsent,
  askForRole,
  findSession,
  settleSessionRole,
} from './session.ts';

interface WithParameters {
  parameters: Parameters;
}

/** Finds the client. For an unknown one the user sees a page: its address cannot be trusted (RFC 6749 section 4.1.2.1). */
export const findClient = check(
  'client',
  async function findClient({
    request,
    parameters,
    provider: { applications },
  }: WithParameters & { request: HttpRequest; provider: { applications: Applications } }) {
    const clientId = parameters.get('client_id');
    if (clientId === undefined) throw requestErrors.clientMissing('client_id is missing');
    const client = await findRelyingParty(applications, clientId);
    if (!client) throw requestErrors.clientUnknown(`no approved client of CIS2 has the id ${clientId}`);
    request.activity?.note({ client: clientId, application: client.application.id });
    return { client };
  },
);

/** Sends errors to the client from now on, with its state and the issuer. */
function prepareReply({
  request,
  parameters,
  client,
  redirectUri,
  pushed,
  provider,
}: WithParameters & {
  client: RelyingParty;
  request: HttpRequest;
  redirectUri: string;
  pushed: string | null;
  provider: ReplyFrame;
}): { reply: Reply } & Pick<AuthorizationRequest, 'responseMode' | 'state' | 'journeyKey'> {
  const responseMode = readResponseMode(rulesOf(client.registration), parameters);
  const state = parameters.get('state') ?? null;
  const isDistinct = stateKey({ state }) !== '';
  const journeyKey = isDistinct ? undefined : (pushed ?? orderedId());
  const reply = replyTo(provider, { client, redirectUri, responseMode, state, journeyKey }, request);
  return { reply, responseMode, state, journeyKey };
}

/** The most characters of ignored classes that an event names. */
const maxIgnoredLength = 200;

function noteRequest({
  client,
  authorization,
  ignoredAcr,
  request,
  provider: { recorder, urls },
}: {
  request: HttpRequest;
  client: RelyingParty;
  authorization: AuthorizationRequest;
  ignoredAcr: readonly string[];
  provider: { recorder: Recorder; urls: Urls };
}): void {
  const { prompt, acr, scope } = authorization;
  recorder.record(
    {
      keys: [stateKey(authorization)],
      from: partyOf(client.registration, urls),
      to: 'cis2',
      name: 'cis2.authorize',
      detail: {
        client: client.application.name,
        scope: scope.join(' '),
        acr: acr.join(' '),
        ...(ignoredAcr.length > 0 ? { ignoredAcr: ignoredAcr.join(' ').slice(0, maxIgnoredLength) } : {}),
        prompt: prompt.join(' '),
      },
    },
    request.activity,
  );
}

export interface AuthorizeDependencies extends RequestIssuer {
  applications: Applications;
  development: boolean;
  log: Log;
  recorder: Recorder;
  urls: Urls;
  database: Database;
  clock: Clock;
  cis: CisClient;
  sessions: Sessions;
  ends: SessionEnds;
  authenticators: Authenticators;
  codes: Codes;
  interactions: Interactions;
  marks: BrowserMarks;
  pushed: PushedRequests;
  vault: Vault;
  /** The client that may name another application. */
  platformClientId?: string;
  /** Client id of the signing service, which names its application too. */
  signingClientId?: string;
}

/** The checks of an authorization request; their order is the contract. */
const authorizeChecks = steps<ServerCall & { provider: AuthorizeDependencies }>('cis2.authorize')
  .step(readParameters)
  .step(reenterByGet(endpointPaths.authorize))
  .step(findClient)
  .step(resolveRequest)
  .step(checkRedirectUri)
  .step(prepareReply)
  .step(requirePushed)
  .step(requireSigned)
  .use(requestChecks)
  .step(gatherRequest);

/** `GET` and `POST /authorize`. */
export const authorize = authorizeChecks
  .step(noteRequest)
  .step(findSession)
  .step(settleSessionRole)
  .step(askAgentForListener)
  .step(askForConsent)
  .step(askForRole)
  .step(answerSilently)
  .step(expectPerson)
  .step(findAuthenticators)
  .step(beginInteraction);

/** `HEAD /authorize`: returns the refusal that a browser would get, and begins nothing. */
export const tryAuthorize = authorizeChecks.step(noContent);
