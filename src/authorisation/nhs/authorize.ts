import type { Answer } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { isChallenge } from '../../oauth/pkce.ts';
import {
  limitUnproven,
  refuseOverLimit,
  requireCallback,
  requireClient,
  type WithClient,
  type WithRedirect,
} from '../application/client.ts';
import { errors } from '../errors.ts';
import { refuseRepeated } from '../incoming.ts';
import { redirectToProvider } from '../to-provider.ts';
import { applicationChecks, type CheckedApplication } from './application-checks.ts';
import type { NhsCall } from './server.ts';

interface WithState extends WithRedirect {
  clientState: string;
}

export function identify({ server, query, request }: NhsCall): WithClient | Promise<WithClient> {
  const clientId = query.get('client_id');
  if (clientId === undefined) throw errors.clientMissing('client_id is missing from the query');
  return requireClient(server, clientId, errors.clientUnknown, request);
}

export const checkRedirectUri = ({ server, query, client }: NhsCall & WithClient): WithRedirect =>
  requireCallback(server.base, client, query.get('redirect_uri'));

export async function checkState({
  server,
  request,
  query,
  redirectUri,
}: NhsCall & WithRedirect): Promise<Answer | { clientState: string }> {
  const { diagnosis } = server.parts;
  const clientState = query.get('state');
  if (clientState !== undefined) return { clientState };
  return diagnosis.redirect(
    errors.stateMissing('state is missing'),
    request,
    { redirectUri, state: null },
    server,
  );
}

export async function checkResponseType({
  server,
  request,
  query,
  redirectUri,
  clientState: state,
}: NhsCall & WithState): Promise<Answer | undefined> {
  const { diagnosis } = server.parts;
  const type = query.get('response_type');
  if (type === 'code') return undefined;
  const refusal =
    type === undefined
      ? errors.responseTypeMissing('response_type is missing')
      : errors.responseTypeInvalid(`response_type is ${type}`);
  return diagnosis.redirect(refusal, request, { redirectUri, state }, server);
}

/** Accepts a code challenge, which is not a published parameter, or refuses it if it cannot be enforced (RFC 7636 section 4.4.1). */
export async function checkChallenge({
  server,
  request,
  query,
  redirectUri,
  clientState: state,
}: NhsCall & WithState): Promise<Answer | { challenge: string | null }> {
  const { base } = server;
  const { diagnosis } = server.parts;
  const challenge = query.get('code_challenge');
  if (!base.hardening.pkce || challenge === undefined) return { challenge: null };
  if (query.get('code_challenge_method') !== 'S256')
    return diagnosis.redirect(
      errors.challengeMethod('only S256 is offered'),
      request,
      { redirectUri, state },
      server,
    );
  if (!isChallenge(challenge))
    return diagnosis.redirect(
      errors.challengeInvalid('it is not a SHA-256 in base64url'),
      request,
      { redirectUri, state },
      server,
    );
  return { challenge };
}

type CheckedCall = CheckedApplication &
  Passed<'rate-limit' | 'network-limit' | 'redirect-uri' | 'state' | 'response-type' | 'pkce'>;

/** The default `acr_values` of the published platform. */
const defaultAcr = 'AAL3_ANY';
/** Seconds; published. */
const maxAge = '300';

async function sendToProvider(
  known: NhsCall & WithClient & WithState & { challenge: string | null } & CheckedCall,
): Promise<Answer> {
  const { server, request, query, client, redirectUri, clientState: state, challenge } = known;
  const { upstreams } = server.base;
  return redirectToProvider(server, {
    client,
    address: request.address,
    upstream: (known.wantsNhsLogin && upstreams.find(({ id }) => id === 'nhs-login')) || upstreams[0],
    request: { redirectUri, state, challenge, asked: null },
    acrValues: query.get('acr_values') ?? defaultAcr,
    maxAge,
  });
}

/** The checks of an authorization request. Their order is the contract. */
export const authorizeChecks = steps<NhsCall>('oauth2.authorize')
  .step(refuseRepeated)
  .step(identify)
  .use(applicationChecks)
  .step(check('rate-limit', refuseOverLimit))
  .step(check('network-limit', limitUnproven))
  .step(check('redirect-uri', checkRedirectUri))
  .step(check('state', checkState))
  .step(check('response-type', checkResponseType))
  .step(check('pkce', checkChallenge));

/** `GET /authorize`. */
export const authorize = authorizeChecks.step(sendToProvider);
