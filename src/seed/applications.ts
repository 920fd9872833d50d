import { sha256 } from '@alongside/kernel/secrets';
import type { Application, Cis2Registration, PlatformRegistration } from '../oauth/applications.ts';
import { demoKeySet, demoSigningKeySet } from './key.ts';

/** Public addresses that the seeded registrations need, without a slash at the end. */
export interface SeedUrls {
  api: string;
  sample: string;
}

/** FOR DEVELOPMENT ONLY: ids and secrets of the seeded clients. They are public, and the same in every installation. */
export const seededClients = {
  combined: {
    clientId: 'demo-combined-key-7Qm2Lx9TbV',
    clientSecret: 'demo-combined-development-secret-4f1Zr8Kd',
  },
  separate: {
    clientId: 'demo-separate-key-3Hw6Ns5PcY',
    clientSecret: 'demo-separate-development-secret-9b7Gt2Xe',
  },
  separateAtCis2: {
    clientId: 'demo-separate.apps.alongside',
    clientSecret: 'demo-separate-cis2-development-secret-6m3Vq1Ju',
  },
  appRestricted: {
    clientId: 'demo-app-restricted-key-8Rd4Kf1ZgW',
    clientSecret: 'demo-app-restricted-development-secret-2c5Yp0La',
  },
  privileged: {
    clientId: 'demo-privileged-key-5Tn3Xw7BqD',
    clientSecret: 'demo-privileged-development-secret-8e2Lm6Vs',
  },
  citizen: {
    clientId: 'demo-citizen-key-1Jb9Rz4MuF',
    clientSecret: 'demo-citizen-development-secret-3a7Wc5Qn',
  },
  prescriber: {
    clientId: 'demo-prescriber-key-6Vc8Jd2RnS',
    clientSecret: 'demo-prescriber-development-secret-7k3Fq9Hw',
  },
  prescriberAtCis2: {
    clientId: 'demo-prescriber.apps.alongside',
    clientSecret: 'demo-prescriber-cis2-development-secret-1x6Tb4Zy',
  },
  native: { clientId: 'demo-native' },
  platform: {
    clientId: 'alongside-platform',
    clientSecret: 'alongside-platform-development-secret-5n8Bs7Ho',
  },
  signing: {
    clientId: 'alongside-signing',
    clientSecret: 'alongside-signing-development-secret-4r9Kt2Mb',
  },
} as const;

const secretOf = (secret: string | undefined) =>
  secret === undefined ? [] : [{ hash: sha256(secret), createdAt: 0, expiresAt: null }];

type PlatformDraft = Partial<PlatformRegistration> & {
  products: PlatformRegistration['products'];
  callbackUrls: string[];
};

const platformHalf = (
  client: { clientId: string; clientSecret?: string },
  draft: PlatformDraft,
): PlatformRegistration => ({
  profile: 'nhs',
  clientId: client.clientId,
  secrets: secretOf(client.clientSecret),
  tokenEndpointAuthMethod: 'client_secret_post',
  signingAlg: '',
  jwks: null,
  jwksUrl: null,
  applicationType: 'web',
  accessToken: { format: 'opaque', signingAlg: 'RS256' },
  attributes: {},
  ...draft,
});

const cis2Half = (
  client: { clientId: string; clientSecret: string },
  draft: Pick<Cis2Registration, 'redirectUris' | 'postLogoutRedirectUris' | 'backchannelLogoutUri'>,
): Cis2Registration => ({
  profile: 'nhs',
  clientId: client.clientId,
  secrets: secretOf(client.clientSecret),
  tokenEndpointAuthMethod: 'client_secret_post',
  signingAlg: '',
  jwks: null,
  jwksUrl: null,
  applicationType: 'web',
  pkce: 'optional',
  refreshTokens: false,
  firstAuthenticator: 'smartcard',
  maxAge: 'proof',
  idTokenSigningAlg: 'RS256',
  userinfoSigningAlg: null,
  ...draft,
});

const approved = (...names: string[]): PlatformRegistration['products'] =>
  names.map((name) => ({ name, status: 'approved' }));
const forPeople = approved('personal-demographics-service', 'hello-world', 'canary-api');

const application = (
  id: string,
  halves: Partial<Pick<Application, 'name' | 'platform' | 'cis2'>>,
): Application => ({
  id,
  name: id,
  developer: 'alongside',
  status: 'approved',
  platform: null,
  cis2: null,
  ...halves,
});

/** Returns the seeded applications: those of the sample and the examples, and the platform as a client of CIS2. */
export function seededApplications(urls: SeedUrls): Application[] {
  return [
    application('demo-combined', {
      platform: platformHalf(seededClients.combined, {
        callbackUrls: [`${urls.sample}/combined/callback`],
        products: forPeople,
      }),
    }),
    application('demo-separate', {
      platform: platformHalf(seededClients.separate, {
        callbackUrls: [`${urls.sample}/separate/callback`],
        products: forPeople,
        jwks: demoKeySet(),
      }),
      cis2: cis2Half(seededClients.separateAtCis2, {
        redirectUris: [`${urls.sample}/separate/callback`],
        postLogoutRedirectUris: [`${urls.sample}/`],
        backchannelLogoutUri: `${urls.sample}/backchannel-logout`,
      }),
    }),
    application('demo-app-restricted', {
      platform: platformHalf(seededClients.appRestricted, {
        callbackUrls: [],
        products: approved(
          'personal-demographics-service-application-restricted',
          'hello-world',
          'canary-api',
        ),
        tokenEndpointAuthMethod: 'private_key_jwt',
        jwks: demoKeySet(),
      }),
    }),
    application('demo-privileged', {
      platform: platformHalf(seededClients.privileged, {
        callbackUrls: [],
        products: approved('personal-demographics-service-privileged-application-restricted'),
        tokenEndpointAuthMethod: 'private_key_jwt',
        jwks: demoKeySet(),
      }),
    }),
    application('demo-citizen', {
      platform: platformHalf(seededClients.citizen, {
        callbackUrls: [`${urls.sample}/citizen/callback`],
        products: approved('personal-demographics-service-patient-access'),
      }),
    }),
    application('demo-prescriber', {
      platform: platformHalf(seededClients.prescriber, {
        callbackUrls: [`${urls.sample}/prescriber/callback`],
        products: approved('personal-demographics-service', 'signing-service'),
        jwks: demoSigningKeySet(),
      }),
      cis2: cis2Half(seededClients.prescriberAtCis2, {
        redirectUris: [`${urls.sample}/prescriber/callback`],
        postLogoutRedirectUris: [`${urls.sample}/`],
        backchannelLogoutUri: '',
      }),
    }),
    application('demo-native', {
      platform: platformHalf(seededClients.native, {
        profile: 'standard',
        applicationType: 'native',
        tokenEndpointAuthMethod: 'none',
        // Any port is allowed (RFC 8252 section 7.3).
        callbackUrls: ['http://127.0.0.1/callback'],
        products: forPeople,
      }),
    }),
    application('platform', {
      name: 'API platform',
      cis2: cis2Half(seededClients.platform, {
        redirectUris: [`${urls.api}/oauth2/callback`, `${urls.api}/oauth2.1/callback`],
        postLogoutRedirectUris: [`${urls.api}/oauth2.1/signed_out`],
        backchannelLogoutUri: `${urls.api}/oauth2/backchannel_logout`,
      }),
    }),
    application('signing', {
      name: 'Signing service',
      cis2: {
        ...cis2Half(seededClients.signing, {
          redirectUris: [`${urls.api}/signing-service/callback`],
          postLogoutRedirectUris: [],
          backchannelLogoutUri: '',
        }),
        // Its auth_time must be that of the PIN: a browser could take prompt=login out of the request.
        maxAge: 'pin',
        pkce: 'required',
      },
    }),
  ];
}
