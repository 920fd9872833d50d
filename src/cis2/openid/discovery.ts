import { type Answer, json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Endpoint } from '@alongside/kernel/http';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import type { SigningKeys } from '@alongside/kernel/keys';
import { type ClientSettings, serverMetadata } from '../../oauth/server/metadata.ts';
import type { Faults } from '../../storage/faults.ts';
import { acrValues } from '../authenticators/registry.ts';
import { discoveryFaults, keySetFaults } from '../faults/document-faults.ts';
import { endpointPaths } from '../model/endpoints.ts';
import { profileRules } from '../model/profiles.ts';
import { claimValues, scopeValues } from '../model/scopes.ts';
import { promptValues } from './authorize/request-checks.ts';
import { schemaPaths } from './claims/schemas.ts';
import { grants } from './token/grants/registry.ts';

const signing = ['RS256', 'ES256', 'PS256'];

export interface DiscoveryDependencies extends ClientSettings {
  /** The endpoint for dynamic registration (RFC 7591), if there is one. */
  registrationUrl?: string | undefined;
  /** Members that replace others; `undefined` removes one. */
  discovery?: Record<string, unknown> | undefined;
}

/** Returns the discovery document (OpenID Connect Discovery section 3) as reconstructed for CIS2. Addresses begin with the issuer, byte for byte. */
export function discoveryDocument(dependencies: DiscoveryDependencies): Record<string, unknown> {
  const { issuer, registrationUrl, discovery } = dependencies;
  return {
    ...serverMetadata(dependencies, {
      // Clients of the other profiles may use less.
      rules: profileRules.standard,
      paths: endpointPaths,
      grants,
      responseModes: ['query', 'form_post'],
      certificatePaths: { userinfo_endpoint: endpointPaths.userinfo },
    }),
    userinfo_endpoint: `${issuer}${endpointPaths.userinfo}`,
    end_session_endpoint: `${issuer}${endpointPaths.endSession}`,
    ...(registrationUrl === undefined ? {} : { registration_endpoint: registrationUrl }),
    scopes_supported: scopeValues,
    acr_values_supported: acrValues,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: signing,
    userinfo_signing_alg_values_supported: signing,
    prompt_values_supported: promptValues,
    display_values_supported: ['page', 'popup', 'touch'],
    ui_locales_supported: ['en-GB'],
    claim_types_supported: ['normal'],
    claims_supported: [
      'iss',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'acr',
      'amr',
      'sid',
      'id_assurance_level',
      'authentication_assurance_level',
      ...claimValues,
    ],
    claims_parameter_supported: true,
    require_signed_request_object: false,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    id_token_schema_uri: new URL(schemaPaths.idToken, issuer).href,
    userinfo_schema_uri: new URL(schemaPaths.userinfo, issuer).href,
    ...discovery,
  };
}

/** `GET /.well-known/openid-configuration`. */
export function createDiscovery(
  dependencies: DiscoveryDependencies & { faults?: Faults | undefined },
): Endpoint {
  const document = discoveryDocument(dependencies);
  const answer = json(200, document, { 'cache-control': 'public, max-age=3600' });
  const { faults } = dependencies;
  if (!faults) return () => answer;
  return async () => {
    const active = await faults.happening(discoveryFaults);
    return active.length === 0
      ? answer
      : json(
          200,
          active.reduce((before, fault) => fault.spoil(before), document),
        );
  };
}

/** `GET /connect/jwk_uri`, which also has the key of hand-off requests. */
export function createKeySet({
  keys,
  clock,
  faults,
}: {
  keys: SigningKeys;
  clock: Clock;
  faults?: Faults | undefined;
}): Endpoint {
  /** The response of each key set. `jwks` returns the same one until a key is added or removed. */
  const answers = new WeakMap<object, Answer>();
  const answerOf = (set: { keys: readonly JsonWebKey[] }): Answer => {
    const answer = answers.get(set) ?? json(200, set, { 'cache-control': 'public, max-age=300' });
    answers.set(set, answer);
    return answer;
  };
  return async () => {
    const set = await keys.jwks();
    const active = (await faults?.happening(keySetFaults)) ?? [];
    if (active.length === 0) return answerOf(set);
    let spoilt: readonly JsonWebKey[] = set.keys;
    for (const fault of active) spoilt = await fault.spoil(spoilt, keys, clock.now());
    return json(200, { keys: spoilt });
  };
}
