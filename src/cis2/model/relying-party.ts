import type { Party } from '@alongside/kernel/events';
import type { Applications, Cis2Registration, StoredApplication } from '../../oauth/applications.ts';
import { shownName } from '../../oauth/on-behalf-of.ts';
import type { Urls } from '../../service.ts';
import { words } from '../text/words.ts';
import type { AuthorizationRequest } from './interactions.ts';

/** An approved application with its registration at CIS2. */
export interface RelyingParty {
  application: StoredApplication;
  registration: Cis2Registration;
}

const partyWith = (application: StoredApplication | undefined): RelyingParty | undefined =>
  application?.cis2 ? { application, registration: application.cis2 } : undefined;

/** Returns a relying party; undefined if it is unknown or revoked, or its developer is inactive. */
export function findRelyingParty(
  applications: Applications,
  clientId: string,
): RelyingParty | undefined | Promise<RelyingParty | undefined> {
  const application = applications.usableAtCis2(clientId);
  return application instanceof Promise ? application.then(partyWith) : partyWith(application);
}

/** Returns the name for pages: that of the application, also of one that signs in through the platform. */
export const nameOnPages = (
  { application: { name } }: Pick<RelyingParty, 'application'>,
  { authorization: { onBehalfOf } }: { authorization: Pick<AuthorizationRequest, 'onBehalfOf'> },
): string => (onBehalfOf ? `${onBehalfOf}, through ${shownName(name)}` : shownName(name));

/** Returns what distinguishes the application of a sign-in for the agent: names are not unique. */
export const applicationKey = ({
  authorization: { clientId, onBehalfOfClient },
}: {
  authorization: Pick<AuthorizationRequest, 'clientId' | 'onBehalfOfClient'>;
}): string => (onBehalfOfClient ? `${clientId} ${onBehalfOfClient}` : clientId);

/** Returns the sender of its events. The API platform is a relying party too. */
export const partyOf = (registration: Cis2Registration, urls: Urls): Party =>
  registration.redirectUris.some((uri) => uri.startsWith(`${urls.api}/`)) ? 'authorisation' : 'application';

/** The path of the user's own authenticators. */
export const accountPath = '/account';

/** No registration has this id, so the token endpoint rejects it. */
const clientId = 'alongside-account';

/** The account page as a client. It uses the session that a sign-in creates, and never redeems the code. */
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

/** Returns the client and an authorization request of the account page for one of these classes. */
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

/** Returns the client of the account page, if this is its client id. */
export const findAccountClient = (issuer: string, asking: string): RelyingParty | undefined =>
  asking === clientId ? accountClient(issuer) : undefined;
