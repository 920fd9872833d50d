import { type Answer, json } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import type { RealmContext } from './realm-endpoint.ts';

function sendMetadata({ realm: { issuer, endpoints } }: RealmContext): Answer {
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
}

/** Not cacheable, because testers add keys. */
async function sendKeySet({ mock, realm }: RealmContext): Promise<Answer> {
  return json(200, await mock.keySet(realm.name));
}

/** `GET /realms/NAME/.well-known/openid-configuration` (OpenID Connect Discovery section 3). */
export const discovery = steps<RealmContext>('mock.discovery').step(sendMetadata);

/** `GET .../certs`. */
export const certs = steps<RealmContext>('mock.certs').step(sendKeySet);
