import type { Answer } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import type { Applications } from '../../oauth/applications.ts';
import { isChallenge } from '../../oauth/pkce.ts';
import {
  findClient,
  limitUnproven,
  readProducts,
  refuseOverLimit,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithClient,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { errors } from '../errors.ts';
import { type Incoming, refuseRepeated } from '../incoming.ts';
import type { Parts } from '../parts.ts';
import { isCallback } from '../redirects.ts';
import { departureFrom } from '../to-provider.ts';
import type { NhsEndpoint } from './flow.ts';

interface WithRedirect {
  redirectUri: string;
}
interface WithState extends WithRedirect {
  clientState: string;
}

export const identify = (applications: Applications, base: Base) =>
  async function identify({ query }: Incoming): Promise<WithClient> {
    const clientId = query.get('client_id');
    if (clientId === undefined) throw errors.clientMissing('client_id is missing from the query');
    const client = await findClient(applications, base, clientId);
    if (!client) throw errors.clientUnknown(`no application at ${base.path} has the client id ${clientId}`);
    return { client };
  };

export const checkRedirectUri = (base: Base) =>
  async function checkRedirectUri({ query, client }: Incoming & WithClient): Promise<WithRedirect> {
    const redirectUri = query.get('redirect_uri');
    if (redirectUri === undefined) throw errors.redirectMissing('redirect_uri is missing');
    if (!isCallback(base, client.registration, redirectUri))
      throw errors.redirectUnknown(
        `${redirectUri} came, registered are: ${client.registration.callbackUrls.join(' ')}`,
      );
    return { redirectUri };
  };

export const checkState = (diagnosis: Diagnosis) =>
  async function checkState({
    request,
    query,
    redirectUri,
  }: Incoming & WithRedirect): Promise<Answer | { clientState: string }> {
    const clientState = query.get('state');
    if (clientState !== undefined) return { clientState };
    return diagnosis.redirect(errors.stateMissing('state is missing'), request, { redirectUri, state: null });
  };

export const checkResponseType = (diagnosis: Diagnosis) =>
  async function checkResponseType({
    request,
    query,
    redirectUri,
    clientState: state,
  }: Incoming & WithState): Promise<Answer | undefined> {
    const type = query.get('response_type');
    if (type === 'code') return undefined;
    const refusal =
      type === undefined
        ? errors.responseTypeMissing('response_type is missing')
        : errors.responseTypeInvalid(`response_type is ${type}`);
    return diagnosis.redirect(refusal, request, { redirectUri, state });
  };

/** Accepts a code challenge, which is not a published parameter, or refuses it if it cannot be enforced (RFC 7636 section 4.4.1). */
export const checkChallenge = (diagnosis: Diagnosis, base: Base) =>
  async function checkChallenge({
    request,
    query,
    redirectUri,
    clientState: state,
  }: Incoming & WithState): Promise<Answer | { challenge: string | null }> {
    const challenge = query.get('code_challenge');
    if (!base.hardening.pkce || challenge === undefined) return { challenge: null };
    if (query.get('code_challenge_method') !== 'S256')
      return diagnosis.redirect(errors.challengeMethod('only S256 is offered'), request, {
        redirectUri,
        state,
      });
    if (!isChallenge(challenge))
      return diagnosis.redirect(errors.challengeInvalid('it is not a SHA-256 in base64url'), request, {
        redirectUri,
        state,
      });
    return { challenge };
  };

/** The default `acr_values` of the published platform. */
const usualAcr = 'AAL3_ANY';
/** Seconds; published. */
const maxAge = '300';

const sendToProvider = (base: Base, depart: ReturnType<typeof departureFrom>) =>
  async function sendToProvider(
    known: Incoming & WithClient & WithState & { challenge: string | null },
  ): Promise<Answer> {
    const { request, query, client, redirectUri, clientState: state, challenge, wantsNhsLogin } = known;
    const [first] = base.upstreams;
    return depart({
      client,
      address: request.address,
      upstream: (wantsNhsLogin && base.upstreams.find(({ id }) => id === 'nhs-login')) || first,
      request: { redirectUri, state, challenge, asked: null },
      acrValues: query.get('acr_values') ?? usualAcr,
      maxAge,
    });
  };

/** The checks of an authorization request. Their order is the contract. */
export function authorizeChecks(base: Base, parts: Parts) {
  const { applications, products, developers, limiter, diagnosis } = parts;
  return steps<Incoming>()
    .step(refuseRepeated)
    .step(identify(applications, base))
    .step(requireApproval)
    .step(readProducts(products))
    .step(requireSubscription(base))
    .step(requireActiveDeveloper(developers))
    .step(refuseOverLimit(limiter, base))
    .step(limitUnproven(parts))
    .step(checkRedirectUri(base))
    .step(checkState(diagnosis))
    .step(checkResponseType(diagnosis))
    .step(checkChallenge(diagnosis, base));
}

/** `GET /authorize`. */
export function createAuthorize(base: Base, parts: Parts): NhsEndpoint {
  const list = authorizeChecks(base, parts).step(sendToProvider(base, departureFrom(base, parts)));
  return (incoming) => list.run(incoming);
}
