import { words } from '../text/words.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { RelyingParty } from './relying-party.ts';

/** Where a person's own ways to sign in are. */
export const accountPath = '/account';

/** No registration has it: who asks as it at the token endpoint is unknown. */
const clientId = 'alongside-account';

/** Our own page as one that asks for a sign-in: it needs the session that comes of it, and never redeems its code. */
function accountClient(issuer: string): RelyingParty {
  const address = `${new URL(issuer).origin}${accountPath}`;
  return {
    application: {
      id: clientId,
      name: words.account.application,
      developer: '',
      status: 'approved',
      platform: null,
      cis2: null,
      revision: 0,
    },
    registration: {
      profile: 'standard',
      clientId,
      secrets: [],
      tokenEndpointAuthMethod: 'client_secret_basic',
      signingAlg: 'ES256',
      jwks: null,
      jwksUrl: null,
      redirectUris: [address],
      postLogoutRedirectUris: [],
      applicationType: 'web',
      backchannelLogoutUri: '',
      pkce: 'optional',
      refreshTokens: false,
      firstAuthenticator: null,
      maxAge: 'pin',
      idTokenSigningAlg: 'RS256',
      userinfoSigningAlg: null,
    },
  };
}

/** The request of our own page for a sign-in of one of these classes, and who asks. */
export function accountRequest(
  issuer: string,
  acr: readonly string[],
  more: Partial<Pick<AuthorizationRequest, 'prompt' | 'subject' | 'state'>> = {},
): { client: RelyingParty; authorization: AuthorizationRequest } {
  const client = accountClient(issuer);
  const [redirectUri = ''] = client.registration.redirectUris;
  return {
    client,
    authorization: {
      clientId,
      redirectUri,
      responseMode: 'query',
      state: null,
      nonce: null,
      scope: ['openid'],
      challenge: null,
      prompt: [],
      maxAge: null,
      acr: [...acr],
      subject: null,
      loginHint: null,
      claims: { idToken: [], userinfo: [] },
      pushed: null,
      jkt: null,
      ...more,
    },
  };
}

/** Our own page, if it is the one that asked. */
export const findAccountClient = (issuer: string, asking: string): RelyingParty | undefined =>
  asking === clientId ? accountClient(issuer) : undefined;
