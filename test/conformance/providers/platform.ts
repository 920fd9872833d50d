import type { Provider } from '../provider.ts';
import { deskOf } from './desk.ts';
import { sharedInstance } from './instance.ts';

const canary = [
  'urn:nhsd:apim:user-nhs-id:aal3:canary-api',
  'urn:nhsd:apim:user-nhs-cis2:aal3:canary-api',
] as const;

/** Starts the API platform's authorisation service for new clients of OAuth alone, whose tokens are for the gateway. */
export const startPlatform = (): Promise<Provider> => start();

/** Starts the same service as an OpenID provider, whose users sign in at CIS2. */
export async function startOpenIdPlatform(): Promise<Provider> {
  const { resource: _, ...provider } = await start();
  return {
    ...provider,
    name: 'API platform (OpenID)',
    openid: true,
    discoveryOf: (issuer) => `${issuer}/.well-known/openid-configuration`,
    scopes: ['openid', 'profile'],
  };
}

async function start(): Promise<Provider> {
  const { part: instance, end } = await sharedInstance();
  const { api } = instance.urls;
  let made = 0;
  return {
    name: 'API platform',
    openid: false,
    issuer: () => `${api}/oauth2.1`,
    discoveryOf: () => `${api}/.well-known/oauth-authorization-server/oauth2.1`,
    scopes: canary,
    resource: `${api}/canary-api`,
    refusable: 'select_account',
    acrValues: ['AAL3_ANY'],
    async register(spec) {
      const platform = {
        callbackUrls: spec.redirectUris,
        postLogoutRedirectUris: spec.postLogoutRedirectUris,
        backchannelLogoutUri: spec.backchannelLogoutUri ?? '',
        products: ['canary-api'],
        tokenEndpointAuthMethod: spec.method,
        ...(spec.jwks === undefined ? {} : { jwks: spec.jwks }),
        ...(spec.method === 'private_key_jwt' ? { signingAlg: 'ES256' } : {}),
        ...(spec.bound ? { boundTokens: spec.bound } : {}),
        ...(spec.signedRequests ? { signedRequests: 'required' } : {}),
        // The Basic plan sends no challenge, and in one module no nonce.
        ...(spec.profile === 'basic' ? { pkce: 'optional' } : {}),
      };
      const profile = spec.profile === 'fapi2' ? 'fapi2' : 'standard';
      const answer = await instance.api<{ platform: { clientId: string; clientSecret?: string } }>(
        'POST',
        '/applications',
        { name: `Conformance ${++made}`, profile, platform },
      );
      return answer.platform;
    },
    ...deskOf(instance),
    stop: end,
  };
}
