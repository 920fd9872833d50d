import type { Answer } from '@alongside/kernel/answer';
import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { stateKey } from '@alongside/kernel/journeys';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import type { Parameters } from '../../oauth/parameters.ts';
import { isCallback, requireClient, type WithClient } from '../application/client.ts';
import { errors } from '../errors.ts';
import type { AtBase } from '../parts.ts';
import { type Pending, pendingAt } from '../pending.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** The provider's response, through the browser. */
export interface BrowserAnswer {
  request: HttpRequest;
  query: Parameters;
}

export interface WithPending {
  pending: Pending;
  /** The platform's state. */
  state: string;
  upstream: Upstream;
}

/** Returns the name of the cookie that binds a pending request to its browser. Each request has one, so tabs do not collide. */
export const browserCookie = (state: string): string => `signin-${sha256(state).slice(0, 12)}`;

function isSameBrowser(
  pending: Pending,
  state: string,
  header: string | undefined,
  cookies: CookieNames,
): boolean {
  if (pending.browser === null) return true;
  const value = readCookies(header).get(cookies.name(browserCookie(state)));
  return value !== undefined && equalSecrets(sha256(value), pending.browser);
}

/** Spends the pending request of this response. Another browser cannot spend it. */
export async function takePending({
  server,
  request,
  query,
}: AtBase<'singleUse' | 'vault' | 'cookies' | 'recorder'> & BrowserAnswer): Promise<WithPending> {
  const {
    base,
    parts: { cookies, recorder },
  } = server;
  const requests = pendingAt(server);
  const state = query.get('state') ?? '';
  const waiting = await requests.peek(state);
  if (!waiting) throw errors.stateInvalid('no pending request has this state, or it was already used');
  if (!isSameBrowser(waiting, state, request.headers.cookie, cookies))
    throw errors.stateInvalid('the response is from another browser than the request');
  const pending = await requests.take(state);
  if (!pending) throw errors.stateInvalid('another response with this state was processed at the same time');
  const upstream = base.upstreams.find(({ id }) => id === pending.upstream);
  if (!upstream) throw errors.stateInvalid(`the provider ${pending.upstream} is no longer configured`);
  recorder.record({
    journey: pending.family,
    keys: [stateKey({ clientId: upstream.clientId, state }), query.get('code') ?? ''],
    from: 'cis2',
    to: 'authorisation',
    name: 'authorisation.callback',
    outcome: query.has('error') ? 'refused' : 'ok',
  });
  return { pending, state, upstream };
}

/** Finds the application again, because it may have changed. */
export const identifyAgain = ({ server, pending }: AtBase<'clients'> & WithPending) =>
  requireClient(server, pending.clientId, () =>
    errors.clientUnknown(`the application of ${pending.clientId} no longer exists`),
  );

export async function checkCallbackAgain({
  server: { base },
  pending,
  client,
}: AtBase & WithPending & WithClient): Promise<void> {
  if (!isCallback(base, client.registration, pending.redirectUri))
    throw errors.redirectUnknown(`${pending.redirectUri} is no longer registered`);
}

/** Reports a failure of the provider to the client, or throws. */
export type FailBack = (known: BrowserAnswer & WithPending, reason: string, code?: string) => Promise<Answer>;

export interface WithFailBack {
  failBack: FailBack;
}

/** The accepted values of `error` (RFC 6749 section 4.1.2.1). */
const errorCode = /^[a-z_]{1,64}$/;

/** Reports an error of the provider, and a response of another provider. */
export async function passUpstreamError(
  known: WithFailBack & BrowserAnswer & WithPending,
): Promise<Answer | { upstreamCode: string }> {
  const { failBack, query, upstream } = known;
  // A response of another issuer is a mix-up (RFC 9207 section 2.4).
  const issuer = query.get('iss');
  if (issuer !== undefined && issuer !== upstream.issuer)
    return failBack(known, `iss is ${issuer.slice(0, 300)}, expected is ${upstream.issuer}`);
  const error = query.get('error');
  if (error !== undefined) {
    const description = query.get('error_description')?.slice(0, 300) ?? '';
    return failBack(
      known,
      `${upstream.id} answered ${error.slice(0, 64)}: ${description}`,
      errorCode.test(error) ? error : undefined,
    );
  }
  const upstreamCode = query.get('code');
  return upstreamCode === undefined
    ? failBack(known, `${upstream.id} answered with neither code nor error`)
    : { upstreamCode };
}
