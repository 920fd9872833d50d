import { type Answer, json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import { steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../oauth/parameters.ts';
import { type PushedRequests, pushedLifetime } from '../../oauth/pushed-requests.ts';
import type { RemoteKeys } from '../../oauth/remote-keys.ts';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { proveKey } from '../../oauth/server/sender-constraint.ts';
import type { Urls } from '../../service.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { responseErrors } from '../errors/response.ts';
import { tokenErrors } from '../errors/token.ts';
import type { LimitRows } from '../model/limit-rows.ts';
import { mustSign } from '../model/profiles.ts';
import { partyOf, type RelyingParty } from '../model/relying-party.ts';
import type { Reply } from '../responses/reply.ts';
import { checkBoundKey } from './authorize/bound-key.ts';
import { checkClaims } from './authorize/claims-parameter.ts';
import { checkRedirectUri } from './authorize/client.ts';
import { checkIdTokenHint } from './authorize/hints.ts';
import { checkLevel } from './authorize/level.ts';
import { checkLengths } from './authorize/parameters.ts';
import { checkMaxAge, checkPrompt } from './authorize/prompt.ts';
import { checkProofKey } from './authorize/proof-key.ts';
import { type ObjectParts, openRequestObject } from './authorize/request-object.ts';
import {
  checkResponseMode,
  checkResponseType,
  checkScope,
  refuseRequestObjects,
} from './authorize/response.ts';
import type { Cis2Server, ServerCall } from './server.ts';
import { readForm } from './token/form.ts';
import { requireStandard } from './token/own-token.ts';

interface Pushing {
  request: HttpRequest;
  parameters: Parameters;
  party: RelyingParty;
}

/** What proved the client is no part of what it asks for. */
const proofs = ['client_secret', 'client_assertion', 'client_assertion_type'];

/** Faults of a pushed request are told to its client at once, as JSON (RFC 9126 section 2.3). */
const reply: Reply = {
  succeed() {
    throw new Error('A pushed request is answered with its request_uri.');
  },
  fail({ entry, detail }) {
    throw new Refusal({ ...entry, status: 400, redirect: false }, detail);
  },
};

/** The request of the form, or of the object in it; one that points at another is none (RFC 9126 section 2.1). */
const openRequest = (parts: ObjectParts) =>
  async function openRequest(known: Pushing): Promise<{ parameters: Parameters; reply: Reply }> {
    if (known.parameters.has('request_uri'))
      throw tokenErrors.tokenRequestMalformed('request_uri cannot be pushed');
    const inside = await openRequestObject(parts, known).catch((thrown) => {
      throw thrown instanceof Refusal && thrown.entry.redirect ? reply.fail(thrown) : thrown;
    });
    if (!inside && mustSign(known.party.client))
      reply.fail(responseErrors.requestNotSigned('it is no request object'));
    const parameters = inside ?? known.parameters.without(...proofs);
    checkLengths(parameters);
    return { parameters, reply };
  };

const keepRequest = ({
  pushed,
  recorder,
  urls,
  limitRows,
}: {
  pushed: PushedRequests;
  recorder: Recorder;
  urls: Urls;
  limitRows: LimitRows;
}) =>
  async function keepRequest({
    request: { address },
    parameters,
    party,
    jkt,
  }: Pushing & { jkt: string | null }): Promise<Answer> {
    const { clientId, tokenEndpointAuthMethod } = party.client;
    // A public client proves nothing.
    if (tokenEndpointAuthMethod === 'none') await limitRows({ address });
    const request = parameters.without('client_id', 'dpop_jkt').and('client_id', clientId);
    const requestUri = await pushed.keep(clientId, jkt === null ? request : request.and('dpop_jkt', jkt));
    recorder.record({
      keys: [parameters.get('state') ?? ''],
      from: partyOf(party.client, urls),
      to: 'cis2',
      name: 'cis2.par',
      detail: { client: party.application.name, scope: parameters.get('scope') ?? '' },
    });
    return json(201, { request_uri: requestUri, expires_in: pushedLifetime });
  };

/** `POST /par` (RFC 9126): the client proves itself and is told what is wrong before any browser is involved. */
export function createPar(
  parts: ObjectParts & {
    server: Cis2Server;
    keys: SigningKeys;
    clock: Clock;
    singleUse: SingleUse;
    clientKeys: RemoteKeys;
    pushed: PushedRequests;
    recorder: Recorder;
    urls: Urls;
    limitRows: LimitRows;
    /** What is asked for where a request asks for nothing. */
    defaultAcr: readonly string[];
  },
): Endpoint {
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(requireStandard)
    .step(proveKey('pushed'))
    .step(openRequest(parts))
    .step(checkRedirectUri)
    .step(refuseRequestObjects)
    .step(checkResponseType)
    .step(checkScope)
    .step(checkResponseMode)
    .step(checkProofKey)
    .step(checkPrompt)
    .step(checkMaxAge)
    .step(checkClaims)
    .step(checkLevel(parts.defaultAcr))
    .step(checkIdTokenHint(parts.keys, parts.issuer))
    .step(checkBoundKey)
    .step(keepRequest(parts));
  return (request) => list.run({ server: parts.server, request });
}
