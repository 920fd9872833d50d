import { type Answer, json } from '@alongside/kernel/answer';
import { type Clock, seconds, shownTime } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { SigningAlgorithm } from '@alongside/kernel/jws';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import { OutboundError } from '@alongside/kernel/outbound';
import { trustedProxies } from '@alongside/kernel/peer';
import type { Parameters } from '../oauth/parameters.ts';
import type { RemoteKeys } from '../oauth/remote-keys.ts';
import type { Base } from './base.ts';
import { errors } from './errors.ts';
import type { Parts } from './parts.ts';
import { isFor, signedByProvider } from './upstream/calls.ts';
import type { Upstream } from './upstream/upstream.ts';

/** A back-channel logout request with parsed parameters. */
export interface LogoutRequest {
  request: HttpRequest;
  form: Parameters;
}

interface WithLogout {
  jwt: DecodedJwt;
  upstream: Upstream;
}

const event = 'http://schemas.openid.net/event/backchannel-logout';
const types = ['jwt', 'logout+jwt'];

export const decodeLogout = (base: Base) =>
  async function decodeLogout({ form }: LogoutRequest): Promise<WithLogout> {
    const jwt = decodeJwt(form.get('logout_token') ?? '');
    if (!jwt)
      throw errors.logoutMalformed('logout_token is missing or not a compact JWS of two JSON objects');
    const upstream = base.providerOf(jwt.claims.iss) ?? base.upstreams[0];
    return { jwt, upstream };
  };

export const verifyLogout = (keys: RemoteKeys, clock: Clock, algorithms?: readonly SigningAlgorithm[]) =>
  async function verifyLogout({ jwt, upstream }: WithLogout): Promise<void> {
    const { typ, kid } = jwt.header;
    if (!types.includes(String(typ).toLowerCase())) throw errors.logoutUnverified(`typ is ${String(typ)}`);
    const signed = await signedByProvider(upstream, jwt, keys, algorithms).catch((error: unknown) => {
      if (error instanceof OutboundError)
        throw errors.logoutUnverified(`${upstream.jwksUrl}: ${error.message}`);
      throw error;
    });
    if (signed !== 'yes')
      throw errors.logoutUnverified(`signed with key ${String(kid)} of ${upstream.id}: ${signed}`);
    const { exp } = jwt.claims;
    // OpenID Connect Back-Channel Logout requires exp, but some providers omit it.
    if (exp !== undefined && (typeof exp !== 'number' || exp <= seconds(clock)))
      throw errors.logoutUnverified(`exp is ${shownTime(exp, seconds(clock))}`);
  };

/** Runs the published checks in their order (OpenID Connect Back-Channel Logout section 2.6). */
export async function checkLogout({ jwt: { claims }, upstream }: WithLogout): Promise<{ sid: string }> {
  const { aud, iss, sid, events, nonce } = claims;
  if (!isFor(aud, upstream.clientId))
    throw errors.logoutAudience(`aud is ${JSON.stringify(aud)}, expected is ${upstream.clientId}`);
  if (iss !== upstream.issuer)
    throw errors.logoutIssuer(`iss is ${String(iss)}, expected is ${upstream.issuer}`);
  if (typeof sid !== 'string' || sid === '') throw errors.logoutSid('sid is missing');
  const happened =
    typeof events === 'object' && events !== null ? (events as Record<string, unknown>)[event] : undefined;
  if (typeof happened !== 'object' || happened === null) throw errors.logoutEvents(`events has no ${event}`);
  if (nonce !== undefined) throw errors.logoutNonce('nonce is present');
  return { sid };
}

/** Allowed clock difference in seconds. */
const allowance = 10;
const jtiKind = 'authorisation-logout-jti';

/** Runs the checks of OpenID Connect Back-Channel Logout sections 2.4 and 2.6 that the published service omits. */
export const requireStrict = (base: Base, { singleUse, clock }: Pick<Parts, 'singleUse' | 'clock'>) =>
  async function requireStrict({ jwt: { header, claims } }: WithLogout): Promise<void> {
    if (!base.hardening.strictLogoutTokens) return;
    const { exp, iat, iss, jti } = claims;
    const now = seconds(clock);
    if (String(header.typ).toLowerCase() !== 'logout+jwt')
      throw errors.logoutType(`typ is ${String(header.typ)}`);
    if (typeof exp !== 'number') throw errors.logoutExp('exp is missing');
    if (typeof iat !== 'number' || iat > now + allowance)
      throw errors.logoutIat(`iat is ${shownTime(iat, now)}`);
    if (typeof jti !== 'string' || jti === '') throw errors.logoutJti('jti is missing');
    if (!(await singleUse.claim(jtiKind, `${String(iss)}\n${jti}`, (exp - now + allowance) * 1_000)))
      throw errors.logoutReplayed(`the jti ${jti.slice(0, 100)} was used before`);
  };

export const endSession = (
  {
    tokens,
    endedSessions,
    recorder,
    audit,
    log,
  }: Pick<Parts, 'tokens' | 'endedSessions' | 'recorder' | 'audit' | 'log'>,
  base: Base,
  bases: readonly Base[],
) =>
  async function endSession({
    request,
    sid,
    upstream,
  }: LogoutRequest & WithLogout & { sid: string }): Promise<Answer> {
    // A session has tokens at every base path that trusts its provider.
    const issuers = bases
      .filter((base) => base.providerOf(upstream.issuer) !== undefined)
      .map((base) => base.issuer);
    const record = audit.recordStatement({
      action: 'authorisation.tokens-revoked',
      outcome: 'ok',
      actor: upstream.issuer,
      session: sid,
      detail: { cause: 'session-ended' },
    });
    let ended: number;
    try {
      // Marked first: a concurrent code exchange finds the mark, or its tokens are revoked here.
      await endedSessions.add(upstream.issuer, sid);
      ended = await tokens.revokeSession(sid, issuers, upstream.issuer, record);
    } catch (error) {
      log.error({ id: request.id, reason: reasonOf(error) }, 'a session could not be ended');
      throw errors.logoutFailed(reasonOf(error), {}, error);
    }
    if (ended === 0 && base.profile === 'nhs') throw errors.logoutUnknown('no token of this session is live');
    recorder.record({
      keys: [sid],
      from: 'cis2',
      to: 'authorisation',
      name: 'authorisation.logout',
      detail: { tokens: ended },
    });
    return json(200, { success: true });
  };

/** Allows only the configured addresses of providers, with the response of the published gateway to others. */
export const requireSource = ({ hardening }: Base) => {
  const sources = hardening.logoutSources && trustedProxies(hardening.logoutSources);
  return async function requireSource({ request }: { request: HttpRequest }): Promise<Answer | undefined> {
    const { address } = request;
    if (sources === null || sources.includes(address)) return undefined;
    const faultstring = `Access Denied for client ip : ${address}`;
    const refusal = errors.logoutSource(`${address} is not among ${hardening.logoutSources?.join(', ')}`);
    return json(403, {
      fault: { faultstring, detail: { errorcode: 'accesscontrol.IPDeniedAccess' } },
    }).refusing(refusal);
  };
};
