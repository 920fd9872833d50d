import { json } from '@alongside/kernel/answer';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { RealmEndpoint } from './realm-endpoint.ts';
import type { RealmKeys } from './realm-keys.ts';

/** `GET /realms/NAME/.well-known/openid-configuration` (OpenID Connect Discovery section 3). */
export const createDiscovery =
  (): RealmEndpoint =>
  async ({ realm }) => {
    const { issuer, endpoints } = realm;
    return json(200, {
      issuer,
      authorization_endpoint: endpoints.auth,
      token_endpoint: endpoints.token,
      userinfo_endpoint: endpoints.userinfo,
      jwks_uri: endpoints.certs,
      end_session_endpoint: endpoints.logout,
      response_types_supported: ['code'],
      response_modes_supported: ['query', 'form_post'],
      grant_types_supported: ['authorization_code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid', 'profile', 'email', 'nationalrbacaccess'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS512', 'PS256', 'ES256', 'EdDSA'],
      code_challenge_methods_supported: ['S256'],
      claims_parameter_supported: false,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
      authorization_response_iss_parameter_supported: true,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
  };

/** Every key that may have signed something of this realm: the mock's own, and those that testers brought. */
export type RealmKeySet = (realm: string) => Promise<{ keys: JsonWebKey[] }>;

export const realmKeySet =
  (keys: SigningKeys, realmKeys: RealmKeys): RealmKeySet =>
  async (realm) => {
    await keys.ensure('RS256');
    const [own, brought] = await Promise.all([keys.jwks(), realmKeys.list(realm)]);
    return { keys: [...own.keys, ...brought] };
  };

/** `GET .../certs`. No cache keeps it, for testers change it. */
export const createCerts =
  (keySet: RealmKeySet): RealmEndpoint =>
  async ({ realm }) =>
    json(200, await keySet(realm.name));
