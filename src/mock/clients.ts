import type { Party } from '@alongside/kernel/events';
import { sha256 } from '@alongside/kernel/secrets';
import type { Applications, Cis2Registration, ClientRegistration } from '../oauth/applications.ts';
import { redirectFits } from '../oauth/registered-addresses.ts';
import type { Urls } from '../service.ts';
import { platformLogout, testClients } from './settings.ts';

export interface MockClient extends ClientRegistration {
  name: string;
  /** Its party in events. */
  party: Party;
  redirectFits(uri: string): boolean;
  /** @param proven whether the request has an ID token of the client */
  postLogoutFits(uri: string, proven: boolean): boolean;
  /** Empty without back-channel logout. */
  backchannelLogoutUri: string;
}

const plainAddress = /^https?:\/\/[!$-;=?-[\]_a-z~]+$/i;

/** Whether this is an absolute http or https address, safe in a header, without credentials or fragment. */
function isPlainAddress(address: string): boolean {
  const url = plainAddress.test(address) ? URL.parse(address) : null;
  return url !== null && url.username === '' && url.password === '';
}

/** The mock's own client accepts every callback, as published test code expects (pytest-nhsd-apim, KeycloakUserConfig). */
const ownClient = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }, urls: Urls) => ({
  clientId,
  name: clientId,
  party: 'authorisation' as const,
  profile: 'nhs' as const,
  secrets: [{ hash: sha256(clientSecret), createdAt: 0, expiresAt: null }],
  jwks: null,
  jwksUrl: null,
  signingAlg: '',
  tokenEndpointAuthMethod: 'client_secret_post',
  redirectFits: isPlainAddress,
  postLogoutFits: (uri: string, proven: boolean) => proven && isPlainAddress(uri),
  backchannelLogoutUri: platformLogout(urls),
});

const registeredClient = (name: string, registration: Cis2Registration): MockClient => ({
  clientId: registration.clientId,
  name,
  party: 'application',
  profile: registration.profile,
  secrets: registration.secrets,
  jwks: registration.jwks,
  jwksUrl: registration.jwksUrl,
  signingAlg: registration.signingAlg,
  tokenEndpointAuthMethod: registration.tokenEndpointAuthMethod,
  redirectFits: (uri) =>
    redirectFits(registration.redirectUris, registration.applicationType === 'native', uri),
  postLogoutFits: (uri) => registration.postLogoutRedirectUris.includes(uri),
  backchannelLogoutUri: registration.backchannelLogoutUri,
});

/** The clients of all realms: the mock's own, and each approved application that is registered at CIS2. */
export class Clients {
  readonly #applications: Applications;
  readonly #own: ReadonlyMap<string, MockClient>;
  /** The API platform, which is notified of every ended session. */
  readonly platform: MockClient;

  constructor(applications: Applications, urls: Urls) {
    this.#applications = applications;
    this.platform = ownClient(testClients.cis2, urls);
    const own = [this.platform, ownClient(testClients.nhsLogin, urls)];
    this.#own = new Map(own.map((client) => [client.clientId, client]));
  }

  async find(clientId: string): Promise<MockClient | undefined> {
    const own = this.#own.get(clientId);
    if (own) return own;
    const application = await this.#applications.byCis2Client(clientId);
    if (application?.status !== 'approved' || !application.cis2) return undefined;
    return registeredClient(application.name, application.cis2);
  }
}
