import type { CallbackInput } from './callback.ts';
import { checkCallback, readCallback } from './callback.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import type { PlatformEndpoints } from './config.ts';
import { checkedText, checkedUrl, withQuery } from './config.ts';
import type { Abortable, Fetch } from './http.ts';
import { createProofKey } from './proof-key.ts';
import { onceEach, type Refresh, refreshTokens } from './refresh.ts';
import { printedWithout, randomToken } from './secrets.ts';
import { requestTokens } from './token-endpoint.ts';
import type { TokenSet } from './tokens.ts';
import { packTransaction, unpackTransaction } from './transaction.ts';
import type { Userinfo } from './userinfo.ts';
import { requestUserinfo } from './userinfo.ts';

/** The settings of the combined pattern: `platformAt(base)` returns the three addresses. */
export interface CombinedSettings extends PlatformEndpoints {
  /** The application's key. */
  clientId: string;
  /** The application's secret; keep it on the server. */
  clientSecret: string;
  /** The registered callback address, exactly. */
  redirectUri: string;
  /** Uses PKCE (RFC 7636). Off by default: the published service ignores it. */
  pkce?: boolean | undefined;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
}

/** The start of a sign-in. */
export interface Begun {
  /** Redirect the browser to this address (302). */
  url: string;
  /** Keep this in the web session until the callback; opaque and secret. */
  state: string;
}

/** The combined pattern: the application uses only the authorisation service. */
export interface Combined {
  /** Starts a sign-in; `acrValues` selects the authentication, `AAL3_ANY` by default. */
  begin(options?: { acrValues?: string }): Begun;
  /**
   * Finishes a sign-in with the callback's address. Throws `state_mismatch`, `transaction_invalid`, `transaction_expired`,
   * `callback_invalid`, or `OAuthError`.
   */
  finish(callback: CallbackInput, state: string, options?: Abortable): Promise<TokenSet>;
  /** Refreshes the tokens. Concurrent callers in this process spend the refresh token once. */
  refresh: Refresh;
  /** Returns claims about the user, with the roles. Works within an hour of the sign-in. */
  userinfo(tokens: TokenSet, options?: Abortable): Promise<Userinfo>;
}

/**
 * Creates a client for the combined pattern. Validates the settings: throws `settings_invalid` with the name of the setting. It
 * sends no scope, because the application's products decide and the service drops the parameter.
 */
export function createCombined(settings: CombinedSettings): Combined {
  const fetcher = settings.fetch ?? fetch;
  const clock = settings.clock ?? systemClock;
  const authorizeUrl = checkedUrl('authorizeUrl', settings.authorizeUrl);
  const tokenUrl = checkedUrl('tokenUrl', settings.tokenUrl);
  const userinfoUrl = checkedUrl('userinfoUrl', settings.userinfoUrl);
  const redirectUri = checkedUrl('redirectUri', settings.redirectUri);
  const clientId = checkedText('clientId', settings.clientId);
  const clientSecret = checkedText('clientSecret', settings.clientSecret);

  return {
    begin(options = {}) {
      const state = randomToken();
      const proof = settings.pkce ? createProofKey() : undefined;
      const url = withQuery(authorizeUrl, {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        state,
        acr_values: options.acrValues,
        code_challenge: proof?.challenge,
        code_challenge_method: proof && 'S256',
      });
      const transaction = {
        kind: 'combined',
        state,
        startedAt: clock.now(),
        verifier: proof?.verifier,
      } as const;
      return printedWithout({ url, state: packTransaction(transaction) }, 'state');
    },

    async finish(callback, state, { signal } = {}) {
      const transaction = unpackTransaction('combined', state, clock);
      const code = checkCallback(readCallback(callback), { state: transaction.state });
      const { tokens } = await requestTokens({
        tokenUrl,
        form: {
          grant_type: 'authorization_code',
          code,
          redirect_uri: redirectUri,
          client_id: clientId,
          client_secret: clientSecret,
          code_verifier: transaction.verifier,
        },
        fetch: fetcher,
        clock,
        signal,
      });
      return tokens;
    },

    refresh: onceEach(
      (tokens) => refreshTokens({ tokenUrl, clientId, clientSecret, fetch: fetcher, clock }, tokens),
      clock,
    ),

    userinfo: ({ accessToken }, { signal } = {}) =>
      requestUserinfo({ userinfoUrl, accessToken, fetch: fetcher, signal }),
  };
}
