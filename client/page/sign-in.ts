import { checkCallback, readCallback } from '../callback.ts';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { checkedText, checkedUrl, withQuery } from '../config.ts';
import { createProofs, type Dpop, type ProofSigner } from '../dpop.ts';
import { ClientError } from '../errors.ts';
import type { Fetch } from '../http.ts';
import { send } from '../http.ts';
import { authorizationServerMetadataUrl, createMetadata, type ServerMetadata } from '../metadata.ts';
import { refreshTokens } from '../refresh.ts';
import { base64url, randomToken } from '../secrets.ts';
import { requestTokens } from '../token-endpoint.ts';
import type { TokenSet } from '../tokens.ts';

/** The members of the page that the sign-in uses. The current page by default. */
export interface BrowserPage {
  /** Its address with query. */
  address(): string;
  /** Leaves for another address. */
  go(url: string): void;
  /** Replaces the address without loading, so that the code does not stay in it. */
  rename(url: string): void;
  /** Keeps a text for this tab until the way back; `sessionStorage`. */
  kept: {
    getItem(name: string): string | null;
    setItem(name: string, value: string): void;
    removeItem(name: string): void;
  };
}

export interface PageSettings {
  /** The authorisation server, compared byte for byte, such as `https://api.example.org/oauth2.1`. */
  issuer: string;
  /** Its metadata, fetched by default (RFC 8414). */
  metadata?: ServerMetadata | undefined;
  clientId: string;
  /** The registered callback, an address of this application. */
  redirectUri: string;
  scope?: string | undefined;
  /** Set to false for a server without DPoP. */
  dpop?: boolean | undefined;
  page?: BrowserPage | undefined;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
}

/** The tokens stay in the memory of the page. After a reload the person is signed in again by redirects alone, while the session lasts. */
export interface PageSignIn {
  /** Leaves for the sign-in. Throws `metadata_invalid` or an error of the call. */
  begin(options?: { acrValues?: string }): Promise<void>;
  /**
   * Completes the sign-in if the page was opened by its response; undefined otherwise. Throws `transaction_invalid`,
   * `transaction_expired`, `state_mismatch`, `issuer_mismatch`, `callback_invalid` or `OAuthError`.
   */
  finish(): Promise<TokenSet | undefined>;
  /** The tokens of this page. */
  tokens(): TokenSet | undefined;
  /**
   * Calls an API with the access token, refreshed shortly before it expires. Throws `sign_in_required` without tokens.
   */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  /** Revokes the tokens and forgets them. // RFC 7009 section 2 */
  signOut(): Promise<void>;
}

interface Begun {
  state: string;
  verifier: string;
  startedAt: number;
}

/** Reads what `begin` kept; undefined if the page has overwritten it. */
function begunIn(kept: string): Begun | undefined {
  try {
    const { state, verifier, startedAt }: Record<string, unknown> = JSON.parse(kept);
    return typeof state === 'string' && typeof verifier === 'string' && typeof startedAt === 'number'
      ? { state, verifier, startedAt }
      : undefined;
  } catch {
    return undefined;
  }
}

const LIFETIME_MS = 15 * 60_000;
/** Tokens are refreshed this long before they expire. */
const MARGIN_SECONDS = 30;

/** Returns the parts of the page that runs this program. */
function ownPage(): BrowserPage {
  const { location, history, sessionStorage } = globalThis;
  return {
    address: () => location.href,
    go: (url) => location.assign(url),
    rename: (url) => history.replaceState(history.state, '', url),
    kept: sessionStorage,
  };
}

/** Creates the sign-in of a page, a public client with PKCE and DPoP. Throws `settings_invalid` with the name of the setting. */
export function createPageSignIn(settings: PageSettings): PageSignIn {
  const fetcher: Fetch = settings.fetch ?? ((url, init) => fetch(url, init));
  const clock = settings.clock ?? systemClock;
  const issuer = checkedUrl('issuer', settings.issuer);
  const clientId = checkedText('clientId', settings.clientId);
  const redirectUri = checkedUrl('redirectUri', settings.redirectUri);
  const page = settings.page ?? ownPage();
  const name = `alongside:${clientId}`;
  const found = createMetadata({
    issuer,
    url: authorizationServerMetadataUrl(issuer),
    fetch: fetcher,
    clock,
  });
  const metadata = async () => settings.metadata ?? found();
  let current: TokenSet | undefined;
  let renewal: Promise<TokenSet> | undefined;
  let proofs: Promise<Dpop | undefined> | undefined;

  const dpop = (): Promise<Dpop | undefined> => {
    proofs ??=
      settings.dpop === false
        ? Promise.resolve(undefined)
        : pageKey().then((key) => createProofs(key, clock));
    return proofs;
  };

  /** Returns what `begin` kept, once: another response in this tab finds nothing. */
  function begun(): Begun {
    const kept = page.kept.getItem(name);
    page.kept.removeItem(name);
    const parsed = kept === null ? undefined : begunIn(kept);
    if (!parsed)
      throw new ClientError('transaction_invalid', 'This tab has no sign-in under way. Start again.', {
        expected: 'the tab that began the sign-in',
      });
    if (Math.abs(clock.now() - parsed.startedAt) > LIFETIME_MS)
      throw new ClientError('transaction_expired', 'The sign-in took too long. Start again.');
    return parsed;
  }

  async function renewed(tokens: TokenSet): Promise<TokenSet> {
    const { token_endpoint: tokenUrl } = await metadata();
    return refreshTokens({ tokenUrl, clientId, dpop: await dpop(), fetch: fetcher, clock }, tokens);
  }

  /** Returns usable tokens; one refresh serves all callers. */
  async function fresh(refused?: TokenSet): Promise<TokenSet> {
    if (!current) throw new ClientError('sign_in_required', 'The person has not signed in on this page.');
    if (current !== refused && current.secondsLeft(clock) > MARGIN_SECONDS) return current;
    renewal ??= renewed(current).finally(() => {
      renewal = undefined;
    });
    current = await renewal;
    return current;
  }

  async function call(url: string, init: RequestInit, { accessToken }: TokenSet): Promise<Response> {
    const headers = new Headers(init.headers);
    const key = await dpop();
    if (!key) {
      headers.set('authorization', `Bearer ${accessToken}`);
      return fetcher(url, { ...init, headers });
    }
    let response: Response | undefined;
    headers.set('authorization', `DPoP ${accessToken}`);
    await key.send({ method: init.method ?? 'GET', url, accessToken }, async (proof) => {
      headers.set('dpop', proof);
      response = await fetcher(url, { ...init, headers });
      return { status: response.status, headers: response.headers, bytes: new Uint8Array(), text: '' };
    });
    return response as Response;
  }

  return {
    async begin({ acrValues } = {}) {
      const { authorization_endpoint } = await metadata();
      const state = randomToken();
      const verifier = randomToken();
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
      page.kept.setItem(name, JSON.stringify({ state, verifier, startedAt: clock.now() } satisfies Begun));
      page.go(
        withQuery(authorization_endpoint, {
          response_type: 'code',
          client_id: clientId,
          redirect_uri: redirectUri,
          scope: settings.scope,
          state,
          acr_values: acrValues,
          code_challenge: base64url(new Uint8Array(digest)),
          code_challenge_method: 'S256',
        }),
      );
    },

    async finish() {
      const address = page.address();
      const callback = new URL(address);
      if (!callback.searchParams.has('state')) return undefined;
      page.rename(redirectUri);
      const { state, verifier } = begun();
      const server = await metadata();
      const code = checkCallback(readCallback(callback), {
        state,
        issuer,
        issuerRequired: server.authorization_response_iss_parameter_supported ?? false,
      });
      const form = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        client_id: clientId,
        code_verifier: verifier,
      };
      const tokenUrl = server.token_endpoint;
      current = (await requestTokens({ tokenUrl, form, dpop: await dpop(), fetch: fetcher, clock })).tokens;
      return current;
    },

    tokens: () => current,

    async fetch(url, init = {}) {
      const tokens = await fresh();
      const response = await call(url, init, tokens);
      const isRepeatable = init.body === undefined || init.body === null || typeof init.body === 'string';
      if (response.status !== 401 || !isRepeatable || !tokens.canRefresh(clock)) return response;
      return call(url, init, await fresh(tokens));
    },

    async signOut() {
      const tokens = current;
      current = undefined;
      if (!tokens) return;
      const { revocation_endpoint: url } = await metadata();
      if (url === undefined) return;
      const body = new URLSearchParams({
        token: tokens.refreshToken ?? tokens.accessToken,
        client_id: clientId,
      });
      await send(fetcher, { url, method: 'POST', body });
    },
  };
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** Makes a key that cannot be exported, so that a stolen token is useless elsewhere. It lives as long as the page. // RFC 9449 section 11.4 */
async function pageKey(): Promise<ProofSigner> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  return {
    alg: 'ES256',
    jwk: { kty, crv, x, y },
    sign: async (bytes) =>
      new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, bytes)),
  };
}
