import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { decodeJwt } from '@alongside/kernel/jws';
import { type RefusalFacts, unregistered } from '@alongside/kernel/refusal-facts';
import { check, type Passed } from '@alongside/kernel/steps';
import { likeness, shown } from '../check.ts';
import { type Parameters, readScope } from '../parameters.ts';
import { isChallenge } from '../pkce.ts';
import { pushedLifetime } from '../pushed-requests.ts';
import { redirectFits } from '../registered-addresses.ts';
import { readRequestObject } from '../request-object.ts';
import { pkceAdvice } from './library-defaults.ts';
import { type ProfileRules, rulesOf } from './profile.ts';
import type { WithProof } from './sender-constraint.ts';
import type { AuthorizationServer, ClientCall, WithClient } from './server.ts';

// The checks of an authorization request that are the same for every server, at /authorize and at /par.

interface RequestCall extends WithClient {
  readonly server: AuthorizationServer;
  readonly parameters: Parameters;
}

/** Sends an error to the client, once the client and its address are known. */
export interface RequestReply {
  fail(refusal: Refusal): Refused;
}

type Refused = Answer | Promise<Answer>;

interface ReplyCall extends RequestCall {
  readonly reply: RequestReply;
}

/** Whether a client registered an address (RFC 9700 section 2.1, RFC 8252 section 7.3). */
export const isRegisteredRedirect = (
  server: AuthorizationServer,
  { registration }: WithClient['client'],
  uri: string,
): boolean =>
  redirectFits(server.redirectUrisOf(registration), registration.applicationType === 'native', uri);

/** Describes how an address differs from the registered ones, for the log. */
function describeRedirect(redirectUri: string, registered: readonly string[]): string {
  const hint = registered.map((uri) => likeness(redirectUri, uri)).find((found) => found !== undefined);
  return `${redirectUri} is not registered; registered are: ${registered.join(' ')}${hint ? `; ${hint}` : ''}`;
}

/**
 * Returns the address for an error in a request that was not yet read, with its state: those outside of a request object or a pushed
 * request, if the client registered that address. Undefined for any other.
 */
export function addressOutside(
  server: AuthorizationServer,
  client: WithClient['client'],
  parameters: Parameters,
): { redirectUri: string; state: string | null } | undefined {
  const redirectUri = parameters.get('redirect_uri');
  return redirectUri !== undefined && isRegisteredRedirect(server, client, redirectUri)
    ? { redirectUri, state: parameters.get('state') ?? null }
    : undefined;
}

/** Requires an address that the client registered, byte for byte. An error is not sent to any other. */
export const checkRedirectUri = check(
  'redirect-uri',
  function checkRedirectUri({ server, client, parameters }: RequestCall): { redirectUri: string } {
    const redirectUri = parameters.get('redirect_uri');
    if (redirectUri === undefined) throw server.errors.redirectMissing('redirect_uri is missing');
    if (!isRegisteredRedirect(server, client, redirectUri))
      throw server.errors
        .redirectUnknown(describeRedirect(redirectUri, server.redirectUrisOf(client.registration)))
        .about(unregistered(redirectUri, server.redirectUrisOf(client.registration)));
    return { redirectUri };
  },
);

/** Refuses a request by the browser if the client must push it (RFC 9126 section 6). */
export const requirePushed = check(
  'pushed-request',
  function requirePushed({
    server,
    client,
    pushed,
    reply,
  }: ReplyCall & { pushed: string | null }): Refused | undefined {
    const { pushedRequests } = rulesOf(server, client.registration);
    const required =
      pushedRequests === 'required' || (pushedRequests === 'allowed' && server.requires(client, 'pushed'));
    return required && pushed === null
      ? reply.fail(
          server.errors
            .requestNotPushed('the browser sent the request')
            .about({ field: 'request_uri', received: 'the parameters themselves, from the browser' }),
        )
      : undefined;
  },
);

/** Supports the authorization code alone (RFC 9700 section 2.1.2). */
export const checkResponseType = check(
  'response-type',
  function checkResponseType({ server, parameters, reply }: ReplyCall): Refused | undefined {
    const type = parameters.get('response_type');
    if (type === undefined) return reply.fail(server.errors.responseTypeMissing('response_type is missing'));
    return type === 'code'
      ? undefined
      : reply.fail(
          server.errors
            .responseTypeUnsupported(`response_type is ${type}, expected is code`)
            .about({ field: 'response_type', received: shown(type) }),
        );
  },
);

export const checkResponseMode = check(
  'response-mode',
  function checkResponseMode({ server, client, parameters, reply }: ReplyCall): Refused | undefined {
    const mode = parameters.get('response_mode') ?? 'query';
    const modes: readonly string[] = rulesOf(server, client.registration).responseModes;
    return modes.includes(mode)
      ? undefined
      : reply.fail(
          server.errors.responseModeUnsupported(`response_mode is ${mode}`).about({
            field: 'response_mode',
            received: shown(mode),
            expected: modes.join(' or '),
          }),
        );
  },
);

/**
 * Returns what a request needs (RFC 9700 section 2.1.1, draft-ietf-oauth-v2-1 section 7.5.1). A public client always sends a
 * challenge. Where neither its profile nor its registration decides, a confidential client may rely on a nonce.
 */
function pkceRuleOf({ server, client: { registration } }: RequestCall): ProfileRules['pkce'] {
  const { pkce } = rulesOf(server, registration);
  if (pkce === 'required' || registration.tokenEndpointAuthMethod === 'none') return 'required';
  if (registration.pkce) return registration.pkce === 'required' ? 'required' : 'allowed';
  return pkce;
}

/** Whether a request must have a code challenge. A nonce counts only if an ID token brings it back. */
function needsChallenge(call: RequestCall): boolean {
  const { parameters } = call;
  const rule = pkceRuleOf(call);
  const getsNonce =
    parameters.has('nonce') && readScope(parameters.get('scope') ?? '')?.includes('openid') === true;
  return rule === 'required' || (rule === 'or-nonce' && !getsNonce);
}

/** Describes a request without a code challenge. */
function withoutChallenge(call: RequestCall): RefusalFacts {
  const { parameters, client } = call;
  const { profile, tokenEndpointAuthMethod } = client.registration;
  const nonceSuffices = pkceRuleOf(call) === 'or-nonce';
  const nonceAlone = nonceSuffices ? 'a nonce without the scope openid' : 'a nonce alone';
  return {
    field: 'code_challenge',
    headline: nonceSuffices
      ? 'The request has neither a code_challenge nor a nonce that an ID token brings back'
      : 'The request has no code_challenge',
    received: parameters.has('nonce') ? nonceAlone : 'neither code_challenge nor nonce',
    expected: `a code_challenge with the method S256${nonceSuffices ? ', or a nonce with the scope openid' : ''}: a ${tokenEndpointAuthMethod === 'none' ? 'public' : 'confidential'} client of the profile ${profile}`,
    fix: pkceAdvice(parameters, nonceSuffices),
  };
}

/** Checks the challenge of a request, which must have the method S256, and requires one by `needsChallenge`. */
export const checkPkce = check('pkce', function checkPkce(call: ReplyCall):
  | Refused
  | { challenge: string | null } {
  const { server, parameters, reply } = call;
  const { errors } = server;
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (challenge === undefined) {
    if (method !== undefined)
      return reply.fail(errors.challengeMethodAlone('code_challenge_method has no code_challenge'));
    return needsChallenge(call)
      ? reply.fail(errors.challengeMissing('code_challenge is missing').about(withoutChallenge(call)))
      : { challenge: null };
  }
  // A missing method means plain (RFC 7636 section 4.3).
  if (method !== 'S256')
    return reply.fail(
      errors
        .challengeInvalid(`code_challenge_method is ${method ?? 'missing'}, expected is S256`)
        .about({ field: 'code_challenge_method', received: shown(method), expected: 'S256' }),
    );
  return isChallenge(challenge)
    ? { challenge }
    : reply.fail(errors.challengeInvalid('code_challenge is not 43 characters of base64url'));
});

const thumbprintForm = /^[A-Za-z0-9_-]{43}$/;

/** Binds the code to the key of `dpop_jkt`, or of the proof with which a request was pushed (RFC 9449 section 10). */
export const checkBoundKey = check(
  'bound-key',
  function checkBoundKey({
    server,
    client,
    parameters,
    reply,
    jkt: proven = null,
  }: ReplyCall & { jkt?: string | null }): Refused | { jkt: string | null } {
    const isOff = rulesOf(server, client.registration).senderConstraint === 'off';
    const named = isOff ? undefined : parameters.get('dpop_jkt');
    if (named === undefined) return { jkt: proven };
    return thumbprintForm.test(named) && (proven === null || proven === named)
      ? { jkt: named }
      : reply.fail(server.errors.keyInvalid(`dpop_jkt is ${named}, proven is ${proven ?? 'none'}`));
  },
);

/** The checks of a complete authorization request, for steps that store it, issue its code or start its sign-in. */
export type CheckedRequest = Passed<
  'request-object' | 'redirect-uri' | 'response-type' | 'response-mode' | 'scope' | 'pkce' | 'bound-key'
>;

/**
 * Returns the parameters of the request object in `request`, which replace all others (RFC 9101 section 6.3). Returns undefined
 * without one, and if the profile of the client does not allow it.
 */
export async function openRequestObject(
  server: AuthorizationServer,
  { registration }: WithClient['client'],
  parameters: Parameters,
): Promise<Parameters | undefined> {
  const text = parameters.get('request');
  const { requestObjects, algorithms } = rulesOf(server, registration);
  if (text === undefined || requestObjects === 'off') return undefined;
  const registered = server.requestAlgorithmOf(registration);
  const rules = {
    clientId: registration.clientId,
    issuer: server.issuer,
    algorithms: registered ? algorithms.filter((algorithm) => algorithm === registered) : algorithms,
  };
  const result = await readRequestObject(text, rules, registration, server);
  if ('fault' in result) throw server.errors.requestObjectInvalid(result.fault);
  if (requestObjects === 'with-nbf' && decodeJwt(text)?.claims.nbf === undefined)
    throw server.errors.requestObjectInvalid('nbf is missing');
  server.checkObjectLengths(result.parameters);
  return result.parameters;
}

/** Replaces the parameters of a request by those of its request object. Objects by reference are not fetched. */
export const openObject = check(
  'request-object',
  async function openObject(
    call: WithClient & { readonly server: AuthorizationServer; readonly parameters: Parameters },
  ) {
    const inside = await openRequestObject(call.server, call.client, call.parameters);
    return { parameters: inside ?? call.parameters, signed: inside !== undefined };
  },
);

/** Refuses an unsigned request of a client that must sign its requests (RFC 9101 section 10.5). */
export const requireSigned = check(
  'signed-request',
  function requireSigned({
    server,
    client,
    reply,
    signed,
  }: RequestCall & { readonly reply: RequestReply; readonly signed: boolean }): Refused | undefined {
    const isOff = rulesOf(server, client.registration).requestObjects === 'off';
    return signed || isOff || !server.requires(client, 'signed')
      ? undefined
      : reply.fail(server.errors.requestNotSigned('it is not a request object'));
  },
);

/** Refuses a pushed request with JSON, also for errors that the authorization endpoint redirects (RFC 9126 section 2.3). */
export function refusePushed({ entry, detail }: Refusal): never {
  throw new Refusal({ ...entry, status: 400, redirect: false }, detail);
}

/** The client's credentials, and parameters that are stored as proved. */
const replaced = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'dpop_jkt'];

/** Stores a checked request and answers with its `request_uri` (RFC 9126 section 2.2). */
export async function keepRequest({
  server,
  request,
  parameters,
  client,
  jkt,
}: ClientCall & WithClient & WithProof & CheckedRequest & Passed<'client-authentication'>): Promise<Answer> {
  const { clientId, tokenEndpointAuthMethod } = client.registration;
  if (tokenEndpointAuthMethod === 'none') await server.admitUnauthenticated(request);
  const named = parameters.without(...replaced).and('client_id', clientId);
  const requestUri = await server.pushed.keep(clientId, jkt === null ? named : named.and('dpop_jkt', jkt));
  server.notePushed?.(client, parameters, requestUri);
  return json(201, { request_uri: requestUri, expires_in: pushedLifetime });
}
