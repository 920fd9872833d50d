import { activity } from '@alongside/kernel/activity';
import { type Answer, json } from '@alongside/kernel/answer';
import { seconds, shownTime } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { endOf } from '@alongside/kernel/journeys';
import type { SigningAlgorithm } from '@alongside/kernel/jws';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import { OutboundError } from '@alongside/kernel/outbound';
import type { Passed } from '@alongside/kernel/steps';
import type { Parameters } from '../oauth/parameters.ts';
import { isFor, signedByProvider } from '../oauth/upstream/calls.ts';
import type { Upstream } from '../oauth/upstream/upstream.ts';
import type { Base } from './base.ts';
import { errors } from './errors.ts';
import type { AtBase, PlatformParts } from './parts.ts';

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

export async function decodeLogout({ server: { base }, form }: AtBase & LogoutRequest): Promise<WithLogout> {
  const jwt = decodeJwt(form.get('logout_token') ?? '');
  if (!jwt) throw errors.logoutMalformed('logout_token is missing or not a compact JWS of two JSON objects');
  const upstream = base.providerOf(jwt.claims.iss) ?? base.upstreams[0];
  return { jwt, upstream };
}

export async function verifyLogout({
  server: { parts },
  jwt,
  upstream,
  algorithms,
}: AtBase<'upstreamKeys' | 'clock'> &
  WithLogout & { algorithms?: readonly SigningAlgorithm[] }): Promise<void> {
  const { typ, kid } = jwt.header;
  if (!types.includes(String(typ).toLowerCase())) throw errors.logoutUnverified(`typ is ${String(typ)}`);
  const signed = await signedByProvider(upstream, jwt, parts.upstreamKeys, { algorithms }).catch(
    (error: unknown) => {
      if (error instanceof OutboundError)
        throw errors.logoutUnverified(`${upstream.jwksUrl}: ${error.message}`);
      throw error;
    },
  );
  if (signed !== 'yes')
    throw errors.logoutUnverified(`signed with key ${String(kid)} of ${upstream.id}: ${signed}`);
  const { exp } = jwt.claims;
  // OpenID Connect Back-Channel Logout requires exp, but some providers omit it.
  if (exp !== undefined && (typeof exp !== 'number' || exp <= seconds(parts.clock)))
    throw errors.logoutUnverified(`exp is ${shownTime(exp, seconds(parts.clock))}`);
}

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
export async function requireStrict({
  server: {
    base,
    parts: { singleUse, clock },
  },
  jwt: { header, claims },
}: AtBase<'singleUse' | 'clock'> & WithLogout): Promise<void> {
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
}

type EndCall = LogoutRequest &
  WithLogout & { sid: string } & Passed<'logout-source' | 'logout-token' | 'logout-claims' | 'single-use'> & {
    server: {
      base: Base;
      bases: readonly Base[];
      parts: Pick<
        PlatformParts,
        'tokens' | 'endedSessions' | 'logouts' | 'database' | 'recorder' | 'audit' | 'log'
      >;
    };
  };

export async function endSession({ server, request, sid, upstream }: EndCall): Promise<Answer> {
  const { base, bases, parts } = server;
  const { tokens, endedSessions, logouts, database, recorder, audit, log } = parts;
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
    activity()?.note((await tokens.partiesOfSession(sid, issuers, upstream.issuer)) ?? {});
    // Marked first: a concurrent code exchange finds the mark, or its tokens are revoked here.
    await endedSessions.add(upstream.issuer, sid);
    const openId = await tokens.openIdGrantsOfSession(sid, issuers, upstream.issuer);
    const messages = await logouts.promiseStatements(sid, upstream.issuer, openId);
    if (messages.length > 0) await database.batch(messages);
    ended = await tokens.revokeSession(sid, issuers, upstream.issuer, record);
  } catch (error) {
    log.error({ id: request.id, reason: reasonOf(error) }, 'a session could not be ended');
    throw errors.logoutFailed(reasonOf(error), {}, error);
  }
  logouts.begin();
  if (ended === 0 && base.profile === 'nhs') {
    activity()?.join({ keys: [endOf(sid)] });
    throw errors.logoutUnknown('no token of this session is live');
  }
  recorder.record({
    keys: [endOf(sid)],
    from: 'cis2',
    to: 'authorisation',
    name: 'authorisation.logout',
    detail: { tokens: ended },
  });
  return json(200, { success: true });
}

/** Allows only the configured addresses of providers, with the response of the published gateway to others. */
export async function requireSource({
  server: {
    base: { hardening, logoutSources },
  },
  request: { address },
}: AtBase & { request: HttpRequest }): Promise<Answer | undefined> {
  if (logoutSources === null || logoutSources.includes(address)) return undefined;
  const faultstring = `Access Denied for client ip : ${address}`;
  const refusal = errors.logoutSource(`${address} is not among ${hardening.logoutSources?.join(', ')}`);
  return json(403, {
    fault: { faultstring, detail: { errorcode: 'accesscontrol.IPDeniedAccess' } },
  }).refusing(refusal);
}
