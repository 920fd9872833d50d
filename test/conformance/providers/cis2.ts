import type { Provider } from '../provider.ts';
import { deskOf } from './desk.ts';
import { sharedInstance } from './instance.ts';

/** Starts CIS2 for clients of one or the other profile. */
export async function startCis2(profile: 'standard' | 'nhs' = 'standard'): Promise<Provider> {
  const { part: instance, end } = await sharedInstance();
  const issuer = instance.state.urls.cis2Issuer;
  let made = 0;
  return {
    openid: true,
    discoveryOf: (base) => `${base}/.well-known/openid-configuration`,
    scopes: ['openid', 'profile'],
    refusable: 'consent',
    name: profile === 'standard' ? 'CIS2' : `CIS2 (${profile})`,
    issuer: () => issuer,
    acrValues: ['AAL3_ANY', 'AAL2_OR_AAL3_ANY'],
    async register(spec) {
      const half = {
        redirectUris: spec.redirectUris,
        postLogoutRedirectUris: spec.postLogoutRedirectUris,
        tokenEndpointAuthMethod: spec.method,
        backchannelLogoutUri: spec.backchannelLogoutUri ?? '',
        refreshTokens: true,
        firstAuthenticator: 'smartcard',
        ...(spec.jwks === undefined ? {} : { jwks: spec.jwks }),
        ...(spec.method === 'private_key_jwt' ? { signingAlg: 'ES256' } : {}),
        ...(spec.bound ? { boundTokens: spec.bound } : {}),
        ...(spec.signedRequests ? { signedRequests: 'required', requestObjectSigningAlg: 'ES256' } : {}),
        ...(spec.profile === 'basic' ? { pkce: 'optional' } : {}),
      };
      const answer = await instance.api<{ cis2: { clientId: string; clientSecret?: string } }>(
        'POST',
        '/applications',
        {
          name: `Conformance ${++made}`,
          profile: spec.profile === 'fapi2' ? 'fapi2' : profile,
          cis2: half,
        },
      );
      return answer.cis2;
    },
    ...deskOf(instance),
    stop: end,
  };
}
