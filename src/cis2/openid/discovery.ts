import { type Answer, json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Endpoint } from '@alongside/kernel/http';
import type { JsonWebKey } from '@alongside/kernel/jws';
import type { KeySet, SigningKeys } from '@alongside/kernel/keys';
import { openIdMetadata } from '../../oauth/openid/metadata.ts';
import { openIdProviders } from '../../oauth/openid/providers.ts';
import { type ClientSettings, serverMetadata } from '../../oauth/server/metadata.ts';
import { type Faults, noFault } from '../../storage/faults.ts';
import { onceFor } from '../../storage/row.ts';
import { acrValues } from '../authenticators/registry.ts';
import {
  type DiscoveryFault,
  discoveryFaults,
  type KeySetFault,
  keySetFaults,
} from '../faults/document-faults.ts';
import { profileRules } from '../model/profiles.ts';
import { endpointPaths } from '../protocol.ts';
import type { Authenticators } from '../sign-in/authenticator.ts';
import { promptValues } from './authorize/request-checks.ts';
import { schemaPaths } from './claims/schemas.ts';
import { grants } from './token/grants/registry.ts';

const { cis2: provider } = openIdProviders;

export interface DiscoveryDependencies extends ClientSettings {
  /** The endpoint for dynamic registration (RFC 7591), if there is one. */
  registrationUrl?: string | undefined;
  /** Those of the realm: only the classes that one of them meets are listed. All by default. */
  authenticators?: Authenticators | undefined;
  /** Members that replace others; `undefined` removes one. */
  discovery?: Record<string, unknown> | undefined;
}

/** Returns the discovery document (OpenID Connect Discovery section 3) as reconstructed for CIS2. Addresses begin with the issuer, byte for byte. */
export function discoveryDocument(dependencies: DiscoveryDependencies): Record<string, unknown> {
  const { issuer, registrationUrl, discovery, authenticators } = dependencies;
  return {
    ...serverMetadata(dependencies, {
      // Clients of the other profiles may use less.
      rules: profileRules.standard,
      paths: endpointPaths,
      grants,
      certificatePaths: { userinfo_endpoint: endpointPaths.userinfo },
    }),
    ...openIdMetadata(provider, {
      userinfo: `${issuer}${endpointPaths.userinfo}`,
      endSession: `${issuer}${endpointPaths.endSession}`,
    }),
    ...(registrationUrl === undefined ? {} : { registration_endpoint: registrationUrl }),
    acr_values_supported: authenticators
      ? acrValues.filter((value) => authenticators.meeting([value]).length > 0)
      : acrValues,
    userinfo_signing_alg_values_supported: provider.algorithms,
    prompt_values_supported: promptValues,
    display_values_supported: ['page', 'popup', 'touch'],
    ui_locales_supported: ['en-GB'],
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
  const spoilt = (active: readonly DiscoveryFault[]): Answer =>
    active.length === 0
      ? answer
      : json(
          200,
          active.reduce((before, fault) => fault.spoil(before), document),
        );
  return () => {
    const active = faults?.happening(discoveryFaults) ?? noFault;
    return active === noFault ? answer : Promise.resolve(active).then(spoilt);
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
  const answerOf = onceFor((set: KeySet) => json(200, set, { 'cache-control': 'public, max-age=300' }));
  const spoilt = async (active: readonly KeySetFault[]): Promise<Answer> => {
    const set = await keys.jwks();
    if (active.length === 0) return answerOf(set);
    let published: readonly JsonWebKey[] = set.keys;
    for (const fault of active) published = await fault.spoil(published, keys, clock.now());
    return json(200, { keys: published });
  };
  return () => {
    const active = faults?.happening(keySetFaults) ?? noFault;
    if (active !== noFault) return Promise.resolve(active).then(spoilt);
    const set = keys.jwks();
    return set instanceof Promise ? set.then(answerOf) : answerOf(set);
  };
}
