import type { Answer } from '@alongside/kernel/answer';
import { type CookieNames, oldCookieFacts, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { stateKey } from '@alongside/kernel/journeys';
import { equalSecrets, sha256, type Vault } from '@alongside/kernel/secrets';
import type { Parameters, ResponseMode } from '../../oauth/parameters.ts';
import type { Upstream } from '../../oauth/upstream/upstream.ts';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { isCallback, requireClient, type WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import type { OpenIdRequest } from '../codes.ts';
import { errors } from '../errors.ts';
import type { AtBase } from '../parts.ts';

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
    throw errors
      .stateInvalid('the response is from another browser than the request')
      .about(oldCookieFacts(request.headers.cookie));
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
export const identifyAgain = ({
  server,
  pending,
  request,
}: AtBase<'clients'> & WithPending & { request: HttpRequest }) =>
  requireClient(
    server,
    pending.clientId,
    () => errors.clientUnknown(`the application of ${pending.clientId} no longer exists`),
    request,
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

/** An authorization request that waits for the provider's response. */
export interface Pending {
  issuer: string;
  upstream: Upstream['id'];
  applicationId: string;
  clientId: string;
  redirectUri: string;
  /** The client's state. */
  state: string | null;
  /** The query by default. */
  mode?: ResponseMode;
  challenge: string | null;
  asked: string[] | null;
  /** Of a request with the scope `openid`. */
  openId?: OpenIdRequest;
  resources?: string[];
  /** Thumbprint of the key that must redeem the code (RFC 9449 section 10). */
  jkt?: string | null;
  /** The pushed request, which is spent with the code (RFC 9126). */
  requestUri?: string | null;
  /** Family of the tokens that the request leads to, which is the id of its journey. Requests of earlier versions lack it. */
  family?: string;
  nonce: string | null;
  /** The sealed code verifier for the provider. */
  verifier: string | null;
  /** Hash of the browser's cookie. */
  browser: string | null;
}

/** The values that the platform sends to the provider for one request. */
export interface Outgoing {
  state: string;
  nonce?: string;
  challenge?: string;
}

const kind = 'authorisation-state';
/** 216 bits, 36 characters (identity-service-api, generate-state). */
const stateBytes = 27;
/** Milliseconds within which the user must sign in. */
const lifetime = 3_600_000;
const sealName = 'upstream-verifier';

/** The pending requests of one base path, by the platform's state. */
export class PendingRequests {
  readonly #base: Base;
  readonly #singleUse: SingleUse;
  readonly #vault: Vault;

  constructor(base: Base, singleUse: SingleUse, vault: Vault) {
    this.#base = base;
    this.#singleUse = singleUse;
    this.#vault = vault;
  }

  /** Returns the values for the provider, and the statement that stores the request. */
  async prepare(
    upstream: Upstream,
    request: Omit<Pending, 'issuer' | 'upstream' | 'nonce' | 'verifier'>,
  ): Promise<{ outgoing: Outgoing; statement: Statement }> {
    const state = randomToken(stateBytes);
    const sends = await upstream.sendsNonceAndPkce();
    const nonce = sends ? randomToken() : null;
    const verifier = sends ? randomToken() : null;
    const pending: Pending = {
      ...request,
      issuer: this.#base.issuer,
      upstream: upstream.id,
      nonce,
      verifier: verifier && this.#vault.seal(sealName, verifier),
    };
    return {
      outgoing: {
        state,
        nonce: nonce ?? undefined,
        challenge: verifier === null ? undefined : sha256(verifier),
      },
      statement: this.#singleUse.keepStatement(kind, state, pending, lifetime),
    };
  }

  /** Returns a pending request without spending it. */
  async peek(state: string): Promise<Pending | undefined> {
    const pending = await this.#singleUse.peek<Pending>(kind, state);
    return pending?.issuer === this.#base.issuer ? pending : undefined;
  }

  /** Spends a pending request that `peek` has returned. Returns it to one caller only. */
  take(state: string): Promise<Pending | undefined> {
    return this.#singleUse.spend<Pending>(kind, state);
  }

  verifierOf({ verifier }: Pending): string | undefined {
    return verifier === null ? undefined : this.#vault.open(sealName, verifier);
  }
}

/** Returns the pending requests of a base path. */
export const pendingAt = ({ base, parts }: AtBase<'singleUse' | 'vault'>['server']): PendingRequests =>
  new PendingRequests(base, parts.singleUse, parts.vault);
