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

function boundRealm(urls: Urls, name: string): Realm {
  const realm = realmOf(name, urls.cis2);
  if (!realm) throw new Error(`${name} is not the name of a realm.`);
  return realm;
}

/** The platform is the same client in all realms. */
const providerOf = ({ issuer, endpoints }: Realm) => ({
  issuer,
  authorizeUrl: endpoints.auth,
  tokenUrl: endpoints.token,
  jwksUrl: endpoints.certs,
  ...testClients.cis2,
  sendNonceAndPkce: false,
});

/** Returns a realm as a provider of care workers for `/oauth2-mock`. */
const mockCis2Settings = (realm: Realm) => ({
  ...providerOf(realm),
  userinfoUrl: realm.endpoints.userinfo,
  providerName: 'apim-mock-nhs-cis2' as const,
});

/** Returns a realm as a provider of citizens. */
const mockNhsLoginSettings = (realm: Realm) => ({
  ...providerOf(realm),
  providerName: 'apim-mock-nhs-login' as const,
});

/** Returns the realm with this issuer as a provider; undefined if unknown. */
function realmWithIssuer(urls: Urls, issuer: string) {
  const realm = realmOf(issuer.slice(issuer.lastIndexOf('/') + 1), urls.cis2);
  if (realm?.issuer !== issuer) return undefined;
  return isForCitizens(realm) ? { nhsLogin: mockNhsLoginSettings(realm) } : { cis2: mockCis2Settings(realm) };
}

/** Returns the provider of citizens in development, also for `/oauth2` as in the published internal environments. */
export const mockNhsLogin = (urls: Urls) => mockNhsLoginSettings(boundRealm(urls, boundRealms.nhsLogin));

/** Returns the settings of `/oauth2-mock` for the authorisation service: those of the internal development profile, no stricter than published. */
export const mockBasePath = <O extends object>(urls: Urls, options?: O) => ({
  path: mockBase,
  profile: 'nhs' as const,
  environment: 'internal-dev',
  cis2: mockCis2Settings(boundRealm(urls, boundRealms.cis2)),
  nhsLogin: mockNhsLogin(urls),
  others: (issuer: string) => realmWithIssuer(urls, issuer),
  options: {
    bindSubjectAudience: false,
    verifyActor: false,
    refreshRetry: false,
    refuseEndedSessions: false,
    ...options,
  },
});
