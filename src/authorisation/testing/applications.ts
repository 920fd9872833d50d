import type { JsonWebKey } from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import type { Application, Cis2Registration, PlatformRegistration } from '../../oauth/applications.ts';
import type { Product } from '../../oauth/products.ts';

export const scopes = {
  aal3: 'urn:nhsd:apim:user-nhs-id:aal3:records',
  aal2: 'urn:nhsd:apim:user-nhs-cis2:aal2:records',
  p9: 'urn:nhsd:apim:user-nhs-login:P9:records',
  application: 'urn:nhsd:apim:app:level3:records',
};

const apis = ['records', 'oauth2', 'oauth2-mock', 'oauth2.1'];
export const products: Product[] = [
  { name: 'records', apis, scopes: Object.values(scopes), limits: null },
  { name: 'records-aal2', apis, scopes: [scopes.aal2], limits: null },
  { name: 'without-authorisation', apis: ['records'], scopes: Object.values(scopes), limits: null },
];

export const secretOf = (id: string): string => `secret-of-${id}-0123456789abcdefghij`;

/** An application with a platform half; its client id is `key-of-ID`. */
export function applicationOf(
  id: string,
  registration: Partial<PlatformRegistration> = {},
  cis2: Cis2Registration | null = null,
): Application {
  return {
    id,
    name: `The ${id} application`,
    developer: 'tests',
    status: 'approved',
    platform: {
      profile: 'nhs',
      clientId: `key-of-${id}`,
      secrets: [{ hash: sha256(secretOf(id)), createdAt: 0, expiresAt: null }],
      tokenEndpointAuthMethod: 'client_secret_post',
      signingAlg: '',
      jwks: null,
      jwksUrl: null,
      callbackUrls: [`https://${id}.test/callback`],
      products: [{ name: 'records', status: 'approved' }],
      applicationType: 'web',
      accessToken: { format: 'opaque', signingAlg: 'RS256' },
      attributes: {},
      ...registration,
    },
    cis2,
  };
}

/** The same application as a relying party of CIS2. */
export const cis2HalfOf = (id: string): Cis2Registration => ({
  profile: 'nhs',
  clientId: `${id}.apps.test`,
  secrets: [],
  tokenEndpointAuthMethod: 'client_secret_post',
  signingAlg: '',
  jwks: null,
  jwksUrl: null,
  redirectUris: [`https://${id}.test/callback`],
  postLogoutRedirectUris: [],
  applicationType: 'web',
  backchannelLogoutUri: '',
  pkce: 'optional',
  refreshTokens: false,
  firstAuthenticator: null,
  maxAge: 'proof',
  idTokenSigningAlg: 'RS256',
  userinfoSigningAlg: null,
});

/** The applications that every test finds. */
export const seededApplications = (keys: JsonWebKey[]): Application[] => [
  applicationOf('combined'),
  applicationOf('other', { callbackUrls: ['https://other.test/callback', 'https://other.test/second?x=1'] }),
  applicationOf('aal2', { products: [{ name: 'records-aal2', status: 'approved' }] }),
  applicationOf('unsubscribed', { products: [{ name: 'without-authorisation', status: 'approved' }] }),
  { ...applicationOf('revoked'), status: 'revoked' },
  applicationOf('separate', { jwks: { keys } }, cis2HalfOf('separate')),
  applicationOf('separate-alone', { jwks: { keys } }),
  applicationOf('native', {
    profile: 'standard',
    applicationType: 'native',
    tokenEndpointAuthMethod: 'none',
    secrets: [],
    callbackUrls: ['http://127.0.0.1/callback', 'com.example.app:/callback'],
  }),
  applicationOf('web', { profile: 'standard', attributes: { 'id-token-audiences': 'client-at-cis2 x' } }),
  applicationOf('signing', {
    profile: 'standard',
    tokenEndpointAuthMethod: 'private_key_jwt',
    secrets: [],
    jwks: { keys },
  }),
  applicationOf('strict', {
    profile: 'fapi2',
    tokenEndpointAuthMethod: 'private_key_jwt',
    secrets: [],
    jwks: { keys },
  }),
];
