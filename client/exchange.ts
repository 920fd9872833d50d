import { type Cis2, type Cis2Settings, createCis2 } from './cis2.ts';
import { JWT_BEARER, signClientAssertion } from './client-authentication.ts';
import { type Clock, systemClock } from './clock.ts';
import { checkedText, checkedUrl } from './config.ts';
import { ClientError, TokenError } from './errors.ts';
import type { Abortable, Fetch } from './http.ts';
import { readSigningKey, type SigningKey } from './keys.ts';
import { onceEach, type Refresh, refreshTokens } from './refresh.ts';
import { requestTokens } from './token-endpoint.ts';
import { TokenSet } from './tokens.ts';

/** The settings of an application at the API authorisation service in the separate pattern. */
export interface ExchangeSettings {
  tokenUrl: string;
  /** The audience of the client assertion: by default `tokenUrl` exactly as written; other servers expect their issuer. */
  audience?: string | undefined;
  /** The application's key. */
  clientId: string;
  /** The application's secret, needed only to refresh tokens. */
  clientSecret?: string | undefined;
  /** Signs the client assertion with RS512; its public key is registered with the application. */
  key: SigningKey;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
}

/** Exchanges ID tokens of CIS2 for access tokens of the API platform. */
export interface Exchange {
  /** Exchanges a verified ID token. // RFC 8693 section 2.1 */
  exchange(idToken: string, options?: Abortable): Promise<TokenSet>;
  /** Refreshes exchanged tokens; needs `clientSecret`. Concurrent callers in this process spend the refresh token once. */
  refresh: Refresh;
}

/** Creates the second half of the separate pattern. Throws `settings_invalid` with the name of the setting. */
export function createExchange(settings: ExchangeSettings): Exchange {
  const fetcher = settings.fetch ?? fetch;
  const clock = settings.clock ?? systemClock;
  const tokenUrl = checkedUrl('tokenUrl', settings.tokenUrl);
  const clientId = checkedText('clientId', settings.clientId);
  const { clientSecret, key, audience = tokenUrl } = settings;
  readSigningKey('key', key, 'RS512');

  return {
    async exchange(idToken, { signal } = {}) {
      if (!idToken) {
        throw new TokenError('id_token_invalid', 'malformed', 'There is no ID token to exchange.', {
          advice: 'Hand over the ID token of a finished sign-in at CIS2: signIn.tokens.idToken.',
        });
      }
      const assertion = await signClientAssertion({ clientId, audience, key, alg: 'RS512', clock });
      const { tokens } = await requestTokens({
        tokenUrl,
        form: {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
          subject_token: idToken,
          client_assertion_type: JWT_BEARER,
          client_assertion: assertion,
        },
        fetch: fetcher,
        clock,
        signal,
      });
      return new TokenSet({ ...tokens.reveal(), idToken });
    },

    refresh: onceEach(async (tokens) => {
      if (!clientSecret)
        throw new ClientError(
          'settings_invalid',
          'The setting clientSecret is missing; renewing tokens needs it.',
        );
      return refreshTokens({ tokenUrl, clientId, clientSecret, fetch: fetcher, clock }, tokens);
    }, clock),
  };
}

/** The settings of the separate pattern: two registrations, one at CIS2 and one at the API platform. */
export interface SeparateSettings {
  cis2: Omit<Cis2Settings, 'fetch' | 'clock'>;
  platform: Omit<ExchangeSettings, 'fetch' | 'clock'>;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
}

/** The separate pattern: sign in at CIS2, then exchange the ID token for the platform's tokens. */
export interface Separate extends Cis2, Exchange {}

/**
 * Creates a client for the separate pattern: `begin` and `finish` sign the user in at CIS2, `exchange(signIn.tokens.idToken)`
 * returns the platform's tokens, `refresh` renews those. Throws `settings_invalid` with the name of the setting.
 */
export function createSeparate(settings: SeparateSettings): Separate {
  const { fetch, clock } = settings;
  return {
    ...createCis2({ ...settings.cis2, fetch, clock }),
    ...createExchange({ ...settings.platform, fetch, clock }),
  };
}
