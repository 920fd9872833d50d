import { json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Endpoint } from '@alongside/kernel/http';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import type { SigningKeys } from '@alongside/kernel/keys';
import { announcedProofAlgorithms } from '../../oauth/dpop.ts';
import {
  authenticationMembers,
  type ClientSettings,
  certificateMembers,
} from '../../oauth/server/metadata.ts';
import type { Faults } from '../../storage/faults.ts';
import { acrValues } from '../authenticators/registry.ts';
import { discoveryFaults, keySetFaults } from '../faults/document-faults.ts';
import { endpointPaths } from '../model/endpoints.ts';
import { profileRules } from '../model/profiles.ts';
import { claimValues, scopeValues } from '../model/scopes.ts';
import { promptValues } from './authorize/request-checks.ts';
import { schemaPaths } from './claims/schemas.ts';

const signing = ['RS256', 'ES256', 'PS256'];
/** What clients of some profile may use; those of the others may use less. */
const rules = profileRules.standard;

/** What the document depends on. */
export interface DiscoveryParts extends ClientSettings {
  /** Where clients register themselves (RFC 7591); absent where they may not. */
  registrationUrl?: string | undefined;
  /** Members that replace others; `undefined` removes one. */
  discovery?: Record<string, unknown> | undefined;
}

const withCertificates = {
  token_endpoint: endpointPaths.token,
  userinfo_endpoint: endpointPaths.userinfo,
  revocation_endpoint: endpointPaths.revocation,
  introspection_endpoint: endpointPaths.introspection,
  pushed_authorization_request_endpoint: endpointPaths.pushed,
};

/** The discovery document (OpenID Connect Discovery section 3), as it is reconstructed for CIS2. Addresses carry the issuer byte for byte. */
export function discoveryDocument(parts: DiscoveryParts): Record<string, unknown> {
  const { issuer } = parts;
  const at = (path: string): string => `${issuer}${path}`;
  return {
    issuer,
    authorization_endpoint: at(endpointPaths.authorize),
    token_endpoint: at(endpointPaths.token),
    userinfo_endpoint: at(endpointPaths.userinfo),
    jwks_uri: at(endpointPaths.keys),
    end_session_endpoint: at(endpointPaths.endSession),
    ...(parts.registrationUrl === undefined ? {} : { registration_endpoint: parts.registrationUrl }),
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    scopes_supported: scopeValues,
    acr_values_supported: acrValues,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: signing,
    userinfo_signing_alg_values_supported: signing,
    ...authenticationMembers('token', rules, parts),
    revocation_endpoint: at(endpointPaths.revocation),
    ...authenticationMembers('revocation', rules, parts),
    introspection_endpoint: at(endpointPaths.introspection),
    ...authenticationMembers('introspection', rules, parts),
    pushed_authorization_request_endpoint: at(endpointPaths.pushed),
    require_pushed_authorization_requests: false,
    code_challenge_methods_supported: ['S256'],
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
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
    require_signed_request_object: false,
    request_object_signing_alg_values_supported: rules.algorithms,
    dpop_signing_alg_values_supported: announcedProofAlgorithms,
    ...certificateMembers(parts, withCertificates),
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    id_token_schema_uri: new URL(schemaPaths.idToken, issuer).href,
    userinfo_schema_uri: new URL(schemaPaths.userinfo, issuer).href,
    ...parts.discovery,
  };
}

/** `GET /.well-known/openid-configuration`. */
export function createDiscovery(parts: DiscoveryParts & { faults?: Faults | undefined }): Endpoint {
  const document = discoveryDocument(parts);
  return async () => {
    const happening = (await parts.faults?.happening(discoveryFaults)) ?? [];
    if (happening.length > 0)
      return json(
        200,
        happening.reduce((before, fault) => fault.spoil(before), document),
      );
    return json(200, document, { 'cache-control': 'public, max-age=3600' });
  };
}

/** `GET /connect/jwk_uri`: also the key that signs hand-off requests. */
export const createKeySet =
  ({ keys, clock, faults }: { keys: SigningKeys; clock: Clock; faults?: Faults | undefined }): Endpoint =>
  async () => {
    const set = await keys.jwks();
    const happening = (await faults?.happening(keySetFaults)) ?? [];
    if (happening.length === 0) return json(200, set, { 'cache-control': 'public, max-age=300' });
    let spoilt: readonly JsonWebKey[] = set.keys;
    for (const fault of happening) spoilt = await fault.spoil(spoilt, keys, clock.now());
    return json(200, { keys: spoilt });
  };
