import { JWT_BEARER, signClientAssertion } from './client-authentication.ts';
import { type Clock, systemClock } from './clock.ts';
import { checkedText, checkedUrl } from './config.ts';
import type { AccessTokens } from './fresh.ts';
import type { Abortable, Fetch } from './http.ts';
import { readSigningKey, type SigningKey } from './keys.ts';
import { requestTokens } from './token-endpoint.ts';
import type { TokenSet } from './tokens.ts';

/** The settings of an application that acts for itself, without a user. */
export interface ApplicationRestrictedSettings {
  /** The token endpoint, which is the audience of the client assertion exactly as written here. */
  tokenUrl: string;
  clientId: string;
  /** Signs the client assertion with RS512. */
  key: SigningKey;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
}

/** Access for the application itself. */
export interface ApplicationRestricted extends AccessTokens {
  /** Requests new tokens. The server issues no refresh token: call this again. */
  obtain(options?: Abortable): Promise<TokenSet>;
}

const MARGIN_SECONDS = 30;

/** Requests tokens with client credentials and a signed JWT. // RFC 7523 section 2.2 */
export function createApplicationRestricted(settings: ApplicationRestrictedSettings): ApplicationRestricted {
  const fetcher = settings.fetch ?? fetch;
  const clock = settings.clock ?? systemClock;
  const tokenUrl = checkedUrl('tokenUrl', settings.tokenUrl);
  const clientId = checkedText('clientId', settings.clientId);
  const { key } = settings;
  readSigningKey('key', key, 'RS512');
  let kept: TokenSet | undefined;
  let underWay: Promise<TokenSet> | undefined;

  async function obtain({ signal }: Abortable = {}): Promise<TokenSet> {
    const assertion = await signClientAssertion({ clientId, audience: tokenUrl, key, alg: 'RS512', clock });
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: JWT_BEARER,
      client_assertion: assertion,
    };
    const { tokens } = await requestTokens({ tokenUrl, form, fetch: fetcher, clock, signal });
    return tokens;
  }

  async function renewed(): Promise<string> {
    underWay ??= obtain().finally(() => {
      underWay = undefined;
    });
    kept = await underWay;
    return kept.accessToken;
  }

  const valid = () => (kept && kept.secondsLeft(clock) > MARGIN_SECONDS ? kept.accessToken : undefined);

  return {
    owner: 'application',
    obtain,
    freshToken: async () => valid() ?? renewed(),
    replace: async (refused) => {
      const token = valid();
      return token !== undefined && token !== refused ? token : renewed();
    },
  };
}
