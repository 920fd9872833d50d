import { checkCallback, readCallback } from './callback.ts';
import { type Cis2, type Cis2Settings, type Cis2SignIn, type Cis2SignInOptions, createCis2 } from './cis2.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { checkedText, checkedUrl, withQuery } from './config.ts';
import { ClientError } from './errors.ts';
import type { Abortable, Fetch } from './http.ts';
import { jsonObject, send } from './http.ts';
import type { ServerMetadata } from './metadata.ts';
import { authorizationServerMetadataUrl, checkMetadata, createMetadata } from './metadata.ts';
import { createProofKey } from './proof-key.ts';
import { onceEach, type Refresh, refreshTokens } from './refresh.ts';
import { randomToken } from './secrets.ts';
import type { SignInWindowOptions } from './sign-in-window.ts';
import { checkFirstPage, signInInWindow } from './sign-in-window.ts';
import { oauthErrorOf, requestTokens } from './token-endpoint.ts';
import type { TokenSet } from './tokens.ts';

/** The settings of a native application, a public client without a secret. */
export interface NativeSettings {
  /** The authorisation server, compared byte for byte; its metadata is fetched (RFC 8414). */
  issuer?: string | undefined;
  /** The metadata, instead of an issuer. */
  metadata?: ServerMetadata | undefined;
  clientId: string;
  /** Space separated, for example the scope of one API. */
  scope?: string | undefined;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
}

/** Options of one sign-in. */
export interface NativeSignInOptions extends SignInWindowOptions {
  acrValues?: string | undefined;
}

/** A native application at an authorisation server of the standard profile. */
export interface Native {
  /**
   * Signs the user in. Throws `cancelled` if the window was closed, `timeout`, `aborted`, `browser_failed`, `state_mismatch`,
   * `issuer_mismatch`, `metadata_invalid`, `callback_invalid`, `oauth` if the server refuses the request, or `OAuthError`.
   */
  signIn(options: NativeSignInOptions): Promise<TokenSet>;
  /** Refreshes the tokens. Repeats the call once if its response was lost: a server may return the same successor. */
  refresh: Refresh;
  /** Revokes the tokens; returns false if the server does not support revocation. // RFC 7009 section 2 */
  revoke(tokens: TokenSet, options?: Abortable): Promise<boolean>;
}

/** Creates a native client. Throws `settings_invalid` with the name of the setting. */
export function createNative(settings: NativeSettings): Native {
  const fetcher = settings.fetch ?? fetch;
  const clock = settings.clock ?? systemClock;
  const clientId = checkedText('clientId', settings.clientId);
  const metadata = metadataOf(settings, fetcher, clock);

  return {
    async signIn(options) {
      const state = randomToken();
      const proof = createProofKey();
      return signInInWindow(options, {
        async address(redirectUri, signal) {
          const server = await metadata(signal);
          requireProofKeys(server);
          const url = withQuery(server.authorization_endpoint, {
            response_type: 'code',
            client_id: clientId,
            redirect_uri: redirectUri,
            scope: settings.scope,
            state,
            acr_values: options.acrValues,
            code_challenge: proof.challenge,
            code_challenge_method: 'S256',
          });
          await checkFirstPage(fetcher, url, signal);
          return { url, state };
        },
        async redeem(answer, redirectUri, signal) {
          const server = await metadata(signal);
          const code = checkCallback(readCallback(answer), {
            state,
            issuer: server.issuer,
            issuerRequired: server.authorization_response_iss_parameter_supported,
          });
          const form = {
            grant_type: 'authorization_code',
            code,
            redirect_uri: redirectUri,
            client_id: clientId,
            code_verifier: proof.verifier,
          };
          const tokenUrl = server.token_endpoint;
          return (await requestTokens({ tokenUrl, form, fetch: fetcher, clock, signal })).tokens;
        },
      });
    },

    refresh: onceEach(async (tokens) => {
      const { token_endpoint: tokenUrl } = await metadata();
      const attempt = () => refreshTokens({ tokenUrl, clientId, fetch: fetcher, clock }, tokens);
      return attempt().catch((error: unknown) => {
        const lost = error instanceof ClientError && (error.code === 'network' || error.code === 'timeout');
        if (lost) return attempt();
        throw error;
      });
    }, clock),

    async revoke(tokens, { signal } = {}) {
      const { revocation_endpoint: url } = await metadata(signal);
      if (url === undefined) return false;
      const { accessToken, refreshToken } = tokens;
      const form = new URLSearchParams({ token: refreshToken ?? accessToken, client_id: clientId });
      form.set('token_type_hint', refreshToken === undefined ? 'access_token' : 'refresh_token');
      const answer = await send(fetcher, { url, method: 'POST', body: form, signal });
      if (answer.status !== 200) throw oauthErrorOf(answer, jsonObject(answer), [accessToken, refreshToken]);
      return true;
    },
  };
}

/** The settings of a native application that signs its users in at CIS2, with a redirect address on loopback. */
export type NativeCis2Options = Omit<Cis2Settings, 'redirectUri'> & Cis2SignInOptions & SignInWindowOptions;

/**
 * Signs a user in at CIS2 with a browser: the first half of the separate pattern. `createExchange(...).exchange(tokens.idToken)` is
 * the second, which belongs on a back end, because only confidential clients exchange tokens. Throws as `signIn` and `finish` do.
 */
export async function signInAtCis2(options: NativeCis2Options): Promise<Cis2SignIn> {
  let begun: { cis2: Cis2; state: string } | undefined;
  return signInInWindow(options, {
    async address(redirectUri, signal) {
      const cis2 = createCis2({ ...options, redirectUri });
      const { url, state } = await cis2.begin({ ...options, signal });
      begun = { cis2, state };
      await checkFirstPage(options.fetch ?? fetch, url, signal);
      return { url, state: readCallback(url).state ?? '' };
    },
    async redeem(answer, _redirectUri, signal) {
      if (!begun) throw new ClientError('transaction_invalid', 'The sign-in did not begin.');
      return begun.cis2.finish(answer, begun.state, { signal });
    },
  });
}

/** Signs a user in once: `createNative(settings).signIn(options)`. */
export async function signInNative(options: NativeSettings & NativeSignInOptions): Promise<TokenSet> {
  return createNative(options).signIn(options);
}

function metadataOf(
  { issuer, metadata }: NativeSettings,
  fetcher: Fetch,
  clock: Clock,
): (signal?: AbortSignal) => Promise<ServerMetadata> {
  if (metadata) {
    const checked = checkMetadata(metadata, issuer ?? metadata.issuer);
    return async () => checked;
  }
  const checked = checkedUrl('issuer', issuer);
  const url = authorizationServerMetadataUrl(checked);
  return createMetadata({ issuer: checked, url, fetch: fetcher, clock });
}

// A public client depends on PKCE. // RFC 8252 section 6
function requireProofKeys(server: ServerMetadata): void {
  if (!server.code_challenge_methods_supported?.includes('S256'))
    throw new ClientError(
      'metadata_invalid',
      'The server does not offer proof keys (S256); a native application needs them.',
    );
}
