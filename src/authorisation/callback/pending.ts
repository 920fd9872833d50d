import type { Answer } from '@alongside/kernel/answer';
import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import type { Applications } from '../../oauth/applications.ts';
import type { Parameters } from '../../oauth/parameters.ts';
import { findClient, type WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import { errors } from '../errors.ts';
import type { Pending, PendingRequests } from '../pending.ts';
import { isCallback } from '../redirects.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** What the browser brings back from the provider. */
export interface BrowserAnswer {
  request: HttpRequest;
  query: Parameters;
}

export interface WithPending {
  pending: Pending;
  /** The platform's own state. */
  state: string;
  upstream: Upstream;
}

/** Name of the cookie that binds a request under way to its browser; each request has its own, so tabs do not meet. */
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

/** The request that this answer belongs to. Taken once; a browser that was not sent away here takes nothing. */
export const takePending = (
  base: Base,
  requests: PendingRequests,
  cookies: CookieNames,
  recorder: Recorder,
) =>
  async function takePending({ request, query }: BrowserAnswer): Promise<WithPending> {
    const state = query.get('state') ?? '';
    const waiting = await requests.peek(state);
    if (!waiting) throw errors.stateInvalid('no request waits under this state, or its answer came before');
    if (!isSameBrowser(waiting, state, request.headers.cookie, cookies))
      throw errors.stateInvalid('the answer came from another browser than the request');
    const pending = await requests.take(state);
    if (!pending) throw errors.stateInvalid('the answer came twice at the same time');
    const upstream = base.upstreams.find(({ id }) => id === pending.upstream);
    if (!upstream) throw errors.stateInvalid(`the provider ${pending.upstream} is no longer configured`);
    recorder.record({
      keys: [state, query.get('code') ?? ''],
      from: 'cis2',
      to: 'authorisation',
      name: 'authorisation.callback',
      outcome: query.has('error') ? 'refused' : 'ok',
    });
    return { pending, state, upstream };
  };

/** The application once more: it may have been changed or revoked since. */
export const identifyAgain = (applications: Applications, base: Base) =>
  async function identifyAgain({ pending }: WithPending): Promise<WithClient> {
    const client = await findClient(applications, base, pending.clientId);
    if (!client) throw errors.clientUnknown(`the application of ${pending.clientId} is gone`);
    return { client };
  };

export const checkCallbackAgain = (base: Base) =>
  async function checkCallbackAgain({ pending, client }: WithPending & WithClient): Promise<void> {
    if (!isCallback(base, client.registration, pending.redirectUri))
      throw errors.redirectUnknown(`${pending.redirectUri} is no longer registered`);
  };

/** How a failure of the provider reaches the client; throws where it does not. */
export type FailBack = (known: BrowserAnswer & WithPending, reason: string, code?: string) => Promise<Answer>;

/** What a provider may say in `error` (RFC 6749 section 4.1.2.1): short, lower case. */
const errorCode = /^[a-z_]{1,64}$/;

/** The provider refused, or the person gave up; or it was another provider. */
export const passUpstreamError = (failBack: FailBack) =>
  async function passUpstreamError(
    known: BrowserAnswer & WithPending,
  ): Promise<Answer | { upstreamCode: string }> {
    const { query, upstream } = known;
    // RFC 9207 section 2.4: an answer that names another issuer is a mix-up, whatever it says.
    const issuer = query.get('iss');
    if (issuer !== undefined && issuer !== upstream.issuer)
      return failBack(
        known,
        `the answer names ${issuer.slice(0, 300)}, the request went to ${upstream.issuer}`,
      );
    const error = query.get('error');
    if (error !== undefined) {
      const said = query.get('error_description')?.slice(0, 300) ?? '';
      return failBack(
        known,
        `${upstream.id} answered ${error.slice(0, 64)}: ${said}`,
        errorCode.test(error) ? error : undefined,
      );
    }
    const upstreamCode = query.get('code');
    return upstreamCode === undefined
      ? failBack(known, `${upstream.id} answered with neither code nor error`)
      : { upstreamCode };
  };
