import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Vault } from '@alongside/kernel/secrets';
import { check, type Passed } from '@alongside/kernel/steps';
import { unlike } from '../../../oauth/check.ts';
import { type NamedApplication, onBehalfOfParameter, openName } from '../../../oauth/on-behalf-of.ts';
import { claimValues } from '../../../oauth/openid/claims.ts';
import { readIdTokenHint } from '../../../oauth/openid/id-token-hint.ts';
import { openIdProviders } from '../../../oauth/openid/providers.ts';
import type { ResponseMode } from '../../../oauth/parameters.ts';
import { isForm, type Parameters, parseParameters, withQuery } from '../../../oauth/parameters.ts';
import { publicListener } from '../../../oauth/registered-addresses.ts';
import type { CheckedRequest } from '../../../oauth/server/request-checks.ts';
import { requestErrors } from '../../errors/request.ts';
import { responseErrors } from '../../errors/response.ts';
import type { AuthorizationRequest, ClaimNames } from '../../model/interactions.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import type { Reply } from '../../responses/authorization-response.ts';

/** Longest values in characters; parameters not listed here may have 1,024. */
const limits: Readonly<Record<string, number>> = {
  redirect_uri: 2_048,
  state: 4_096,
  claims: 8_192,
  id_token_hint: 14_000,
  request: 14_000,
};
const otherLimit = 1_024;
/** Longest request of a form, which continues as an address. */
const maxQueryLength = 14_500;

/** Reads the parameters of a page request by GET or POST, and refuses what no client may send. */
function readPageParameters(request: HttpRequest): Parameters {
  const posted = request.method === 'POST';
  if (posted && !isForm(request.headers['content-type']))
    throw requestErrors.requestMalformed(
      `the content type is ${request.headers['content-type'] ?? 'missing'}, expected is a form`,
    );
  const parameters = parseParameters(posted ? request.body : request.query);
  if (!parameters)
    throw requestErrors.requestMalformed('the parameters are not well-formed, or there are more than 100');
  const repeated = parameters.repeated();
  if (repeated !== undefined) throw requestErrors.parameterRepeated(`${repeated} is there more than once`);
  checkLengths(parameters);
  return parameters;
}

/** Refuses values that are too long, in an address, a form or a request object. */
export function checkLengths(parameters: Parameters): void {
  for (const [name, value] of parameters.entries()) {
    const limit = limits[name] ?? otherLimit;
    if (value.length > limit)
      throw requestErrors.requestTooLong(`${name} has ${value.length} characters, ${limit} are allowed`);
  }
}

export function readParameters({ request }: { request: HttpRequest }): { parameters: Parameters } {
  return { parameters: readPageParameters(request) };
}

/** Enters again by GET: the browser does not send Lax cookies with a form of another site. */
export const reenterByGet = (path: string) =>
  function reenterByGet({
    request,
    parameters,
    provider: { issuer },
  }: {
    request: HttpRequest;
    parameters: Parameters;
    provider: { issuer: string };
  }): Answer | undefined {
    if (request.method !== 'POST') return undefined;
    const to = withQuery(`${issuer}${path}`, Object.fromEntries(parameters.entries()));
    if (to.length > maxQueryLength)
      throw requestErrors.requestTooLong(`the request has ${to.length} characters`);
    return redirect(to, 303);
  };

/** The `claims` parameter (OpenID Connect Core section 5.5). */
export interface AuthorizationClaims extends ClaimNames {
  acr: { values: string[]; essential: boolean };
  /** The requested user. */
  subject: string | null;
}

interface ClaimRequest {
  essential: boolean;
  values: unknown[];
}

const maxClaims = 100;

function readRequest(request: unknown): ClaimRequest | undefined {
  if (request === null) return { essential: false, values: [] };
  if (typeof request !== 'object' || Array.isArray(request)) return undefined;
  const {
    essential = false,
    value,
    values,
  } = request as { essential?: unknown; value?: unknown; values?: unknown };
  if (typeof essential !== 'boolean' || (values !== undefined && !Array.isArray(values))) return undefined;
  return { essential, values: value === undefined ? (values ?? []) : [value] };
}

function readMember(member: unknown): Map<string, ClaimRequest> | undefined {
  const requests = new Map<string, ClaimRequest>();
  if (member === undefined || member === null) return requests;
  if (typeof member !== 'object' || Array.isArray(member)) return undefined;
  const entries = Object.entries(member);
  if (entries.length > maxClaims) return undefined;
  for (const [name, value] of entries) {
    const request = readRequest(value);
    if (!request) return undefined;
    requests.set(name, request);
  }
  return requests;
}

const requestable = new Set([...claimValues, ...openIdProviders.cis2.moreClaims]);
requestable.delete('sub');

const known = (requests: Map<string, ClaimRequest>): string[] =>
  [...requests.keys()].filter((name) => requestable.has(name));

const texts = (values: unknown[] = []): string[] => values.filter((value) => typeof value === 'string');

/** Reads the parameter; undefined when it is not valid. Unknown members and claims are ignored. */
export function parseClaims(text: string): AuthorizationClaims | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const { id_token, userinfo } = parsed as { id_token?: unknown; userinfo?: unknown };
  const inToken = readMember(id_token);
  const inUserinfo = readMember(userinfo);
  if (!inToken || !inUserinfo) return undefined;
  const acr = inToken.get('acr');
  const subjects = [inToken, inUserinfo].flatMap((requests) => texts(requests.get('sub')?.values));
  // A request is for one user.
  if (new Set(subjects).size > 1) return undefined;
  return {
    idToken: known(inToken),
    userinfo: known(inUserinfo),
    acr: { values: texts(acr?.values), essential: acr?.essential ?? false },
    subject: subjects[0] ?? null,
  };
}

const none: AuthorizationClaims = {
  idToken: [],
  userinfo: [],
  acr: { values: [], essential: false },
  subject: null,
};

export function checkClaims({
  parameters,
  reply,
}: {
  parameters: Parameters;
  reply: Pick<Reply, 'fail'>;
}): Answer | { claims: AuthorizationClaims } {
  const text = parameters.get('claims');
  if (text === undefined) return { claims: none };
  const claims = parseClaims(text);
  return claims
    ? { claims }
    : reply.fail(responseErrors.claimsInvalid('claims is not a JSON object of known members'));
}

/** Reads the user that the client expects, and whether an ID token of this client names the same one (OpenID Connect Core section 3.1.2.1). */
export const checkIdTokenHint = check(
  'id-token-hint',
  async function checkIdTokenHint({
    parameters,
    claims,
    client: { registration },
    reply,
    provider: { keys, issuer },
  }: {
    parameters: Parameters;
    claims: AuthorizationClaims;
    client: RelyingParty;
    reply: Pick<Reply, 'fail'>;
    provider: { issuer: string; keys: SigningKeys };
  }) {
    const token = parameters.get('id_token_hint');
    if (token === undefined) return { subject: claims.subject, hinted: false };
    const result = await readIdTokenHint(keys, issuer, token);
    if ('fault' in result) return reply.fail(responseErrors.hintInvalid(result.fault));
    const { hint } = result;
    if (hint.audience !== registration.clientId)
      return reply.fail(responseErrors.hintInvalid(unlike('aud', hint.audience, registration.clientId)));
    if (claims.subject !== null && claims.subject !== hint.sub)
      return reply.fail(
        responseErrors.claimsInvalid('the claims parameter names another user than id_token_hint'),
      );
    return { subject: hint.sub, hinted: true };
  },
);

type CheckedCall = CheckedRequest &
  Passed<'client' | 'pushed-request' | 'signed-request' | 'level' | 'id-token-hint'> &
  Omit<
    AuthorizationRequest,
    'clientId' | 'nonce' | 'loginHint' | 'claims' | 'onBehalfOf' | 'onBehalfOfClient' | 'listenerPort'
  > & {
    parameters: Parameters;
    client: RelyingParty;
    responseMode: ResponseMode;
    claims: AuthorizationClaims;
    provider: { vault: Vault; platformClientId?: string; signingClientId?: string };
  };

/** Returns whether the client is the platform of this installation. */
const isPlatform = ({ client: { registration }, provider }: CheckedCall): boolean =>
  registration.clientId === provider.platformClientId;

/** Returns the application that the platform or its signing service names. */
const namedBy = (call: CheckedCall): NamedApplication | null =>
  isPlatform(call) || call.client.registration.clientId === call.provider.signingClientId
    ? openName(call.provider.vault, call.state, call.parameters.get(onBehalfOfParameter))
    : null;

/** Returns the port of the client's listener. A browser can drop the name that the platform sealed, so without it the port is 0. */
function listenerOf(call: CheckedCall, named: NamedApplication | null): number | null {
  const { tokenEndpointAuthMethod } = call.client.registration;
  if (!isPlatform(call)) return publicListener(tokenEndpointAuthMethod, call.redirectUri) ?? null;
  return named ? (named.listenerPort ?? null) : 0;
}

/** Gathers the checked request. Ignores `ui_locales` and `display`: the pages are in English and fit every display. */
export function gatherRequest(call: CheckedCall): { authorization: AuthorizationRequest } {
  const { parameters, client, redirectUri, responseMode, state, journeyKey, scope, challenge } = call;
  const { prompt, maxAge, acr, subject, pushed, jkt } = call;
  const { idToken, userinfo } = call.claims;
  const named = namedBy(call);
  return {
    authorization: {
      clientId: client.registration.clientId,
      redirectUri,
      responseMode,
      state,
      journeyKey,
      nonce: parameters.get('nonce') ?? null,
      scope,
      challenge,
      prompt,
      maxAge,
      acr,
      subject,
      loginHint: parameters.get('login_hint') ?? null,
      claims: { idToken, userinfo },
      pushed,
      jkt,
      onBehalfOf: named?.name ?? null,
      onBehalfOfClient: named?.clientId ?? null,
      listenerPort: listenerOf(call, named),
    },
  };
}
