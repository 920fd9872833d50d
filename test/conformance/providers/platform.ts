import { startInstance } from '../../testing/instance.ts';
import type { Provider } from '../provider.ts';
import { deskOf } from './desk.ts';

/**
 * Starts the API platform's authorisation service for new clients. It is not an OpenID provider: users sign in at CIS2, and its
 * tokens are for the gateway.
 */
export async function startPlatform(): Promise<Provider> {
  const instance = await startInstance({ trustedProxies: '127.0.0.1' });
  await instance.signInAtDesk('gp');
  const { api } = instance.urls;
  let made = 0;
  return {
    name: 'API platform',
    openid: false,
    issuer: () => `${api}/oauth2.1`,
    discoveryOf: () => `${api}/.well-known/oauth-authorization-server/oauth2.1`,
    scopes: ['urn:nhsd:apim:user-nhs-id:aal3:canary-api', 'urn:nhsd:apim:user-nhs-cis2:aal3:canary-api'],
    resource: `${api}/canary-api`,
    refusable: 'select_account',
    acrValues: ['AAL3_ANY'],
    async register(spec) {
      const platform = {
        callbackUrls: spec.redirectUris,
        products: ['canary-api'],
        tokenEndpointAuthMethod: spec.method,
        ...(spec.jwks === undefined ? {} : { jwks: spec.jwks }),
        ...(spec.method === 'private_key_jwt' ? { signingAlg: 'ES256' } : {}),
        ...(spec.bound ? { boundTokens: spec.bound } : {}),
        ...(spec.signedRequests ? { signedRequests: 'required' } : {}),
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
    stop: () => instance.stop(),
  };
}
