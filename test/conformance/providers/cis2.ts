import type { TestInstance } from '../../testing/instance.ts';
import type { ClientSpec, Provider, RegisteredClient } from '../provider.ts';
import { deskOf } from './desk.ts';
import { sharedInstance, startSecureInstance } from './instance.ts';

type Profile = 'standard' | 'nhs';

/** Starts CIS2 for clients of one or the other profile. */
export async function startCis2(profile: Profile = 'standard'): Promise<Provider> {
  const { part, end } = await sharedInstance();
  return { ...cis2Of(part, profile), stop: end };
}

/** Starts CIS2 with `--tls`, for clients whose own endpoints have certificates of another authority. */
export async function startSecureCis2(): Promise<Provider> {
  const { part, certify, end } = await startSecureInstance();
  return { ...cis2Of(part), name: 'CIS2 (TLS)', certify, stop: end };
}

/** Starts CIS2 for clients that register themselves (OpenID Connect Dynamic Client Registration). */
export async function startDynamicCis2(): Promise<Provider> {
  const { part, end } = await sharedInstance();
  const provider = cis2Of(part);
  return {
    ...provider,
    name: 'CIS2 (dynamic)',
    async register(spec): Promise<RegisteredClient> {
      const answer = await fetch(`${part.state.urls.cis2Issuer}/connect/register`, {
        method: 'POST',
        headers: { authorization: 'Bearer alongside-initial-access', 'content-type': 'application/json' },
        body: JSON.stringify({
          redirect_uris: spec.redirectUris,
          post_logout_redirect_uris: spec.postLogoutRedirectUris,
          token_endpoint_auth_method: spec.method,
          grant_types: ['authorization_code', 'refresh_token'],
          pkce: 'optional',
        }),
      });
      const made = (await answer.json()) as { client_id: string; client_secret: string };
      if (answer.status !== 201) throw new Error(`the registration is answered ${answer.status}`);
      return { clientId: made.client_id, clientSecret: made.client_secret };
    },
    stop: end,
  };
}

function cis2Of(instance: TestInstance, profile: Profile = 'standard'): Omit<Provider, 'stop'> {
  const issuer = instance.state.urls.cis2Issuer;
  let made = 0;
  const register = async (spec: ClientSpec): Promise<RegisteredClient> => {
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
    const answer = await instance.api<{ cis2: RegisteredClient }>('POST', '/applications', {
      name: `Conformance ${++made}`,
      profile: spec.profile === 'fapi2' ? 'fapi2' : profile,
      cis2: half,
    });
    return answer.cis2;
  };
  return {
    openid: true,
    discoveryOf: (base) => `${base}/.well-known/openid-configuration`,
    scopes: ['openid', 'profile'],
    refusable: 'consent',
    name: profile === 'standard' ? 'CIS2' : `CIS2 (${profile})`,
    issuer: () => issuer,
    acrValues: ['AAL3_ANY', 'AAL2_OR_AAL3_ANY'],
    register,
    ...deskOf(instance),
  };
}
