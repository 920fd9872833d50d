import type { Urls } from '../service.ts';
import { boundRealms, isForCitizens, type Realm, realmOf } from './realms.ts';

/** FOR DEVELOPMENT ONLY: the public secret of the mock's own clients, the same in every installation. */
const secret = 'test-client-development-secret-1x7Wd4Rq';

/** The mock's own clients, with the names that published test code uses. The first is the API platform. */
export const testClients = {
  cis2: { clientId: 'test-client-cis2', clientSecret: secret },
  nhsLogin: { clientId: 'test-client-nhs-login', clientSecret: secret },
} as const;

/** Base path of the platform with the mock as its provider. */
const mockBase = '/oauth2-mock';

/** Callback of the platform for the mock's codes. */
export const platformCallback = (urls: Urls): string => `${urls.api}${mockBase}/callback`;

/** Back-channel logout address of the platform. */
export const platformLogout = (urls: Urls): string => `${urls.api}${mockBase}/backchannel_logout`;

type Issuers = Readonly<Record<string, string>>;

function boundRealm(urls: Urls, name: string, issuers: Issuers | undefined): Realm {
  const realm = realmOf(name, urls.cis2, issuers);
  if (!realm) throw new Error(`${name} is not the name of a realm.`);
  return realm;
}

/** Returns a realm as a provider of care workers for `/oauth2-mock`. */
function mockCis2Settings({ issuer, endpoints }: Realm) {
  return {
    issuer,
    authorizeUrl: endpoints.auth,
    tokenUrl: endpoints.token,
    userinfoUrl: endpoints.userinfo,
    jwksUrl: endpoints.certs,
    ...testClients.cis2,
    providerName: 'apim-mock-nhs-cis2' as const,
    sendNonceAndPkce: false,
  };
}

/** Returns a realm as a provider of citizens. The platform is the same client there. */
function mockNhsLoginSettings({ issuer, endpoints }: Realm) {
  return {
    issuer,
    authorizeUrl: endpoints.auth,
    tokenUrl: endpoints.token,
    jwksUrl: endpoints.certs,
    ...testClients.cis2,
    providerName: 'apim-mock-nhs-login' as const,
    sendNonceAndPkce: false,
  };
}

/** Returns the realm with this issuer as a provider; undefined if unknown. */
function realmWithIssuer(urls: Urls, issuers: Issuers | undefined, issuer: string) {
  const configured = Object.entries(issuers ?? {}).find(([, value]) => value === issuer)?.[0];
  const name = configured ?? issuer.slice(issuer.lastIndexOf('/') + 1);
  const realm = realmOf(name, urls.cis2, issuers);
  if (realm?.issuer !== issuer) return undefined;
  return isForCitizens(realm) ? { nhsLogin: mockNhsLoginSettings(realm) } : { cis2: mockCis2Settings(realm) };
}

/** Returns the provider of citizens in development, also for `/oauth2` as in the published internal environments. */
export const mockNhsLogin = (urls: Urls, issuers?: Issuers) =>
  mockNhsLoginSettings(boundRealm(urls, boundRealms.nhsLogin, issuers));

/** Returns the settings of `/oauth2-mock` for the authorisation service: those of the internal development profile, no stricter than published. */
export const mockBasePath = <O extends object>(urls: Urls, issuers?: Issuers, options?: O) => ({
  path: mockBase,
  profile: 'nhs' as const,
  environment: 'internal-dev',
  cis2: mockCis2Settings(boundRealm(urls, boundRealms.cis2, issuers)),
  nhsLogin: mockNhsLogin(urls, issuers),
  others: (issuer: string) => realmWithIssuer(urls, issuers, issuer),
  options: {
    bindSubjectAudience: false,
    verifyActor: false,
    refreshRetry: false,
    refuseEndedSessions: false,
    ...options,
  },
});
