import type { KeyObject } from 'node:crypto';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import {
  type DecodedJwt,
  keyFits,
  publicKeyOf,
  type SigningAlgorithm,
  verifySignature,
} from '@alongside/kernel/jws';
import { type RemoteKeys, readKeySet } from './remote-keys.ts';

/** Where the keys of a client stand: with its registration, or at an address of its own. */
export interface KeySource {
  jwks: { keys: JsonWebKey[] } | null;
  jwksUrl: string | null | undefined;
}

/** The published name of the address, an attribute of applications (NHSDigital/api-management-utils, add_jwks_resource_url.py). */
export const addressAttribute = 'jwks-resource-url';

/** The address at which the keys of a client of the `nhs` profile stand, where the registration itself holds none. */
export const publishedAddress = ({
  profile,
  attributes,
}: {
  profile: string;
  attributes?: Readonly<Record<string, string>>;
}): string | undefined => (profile === 'nhs' ? attributes?.[addressAttribute] : undefined);

/** How a signature held against the keys of its sender. */
export type Signed = 'yes' | 'no' | 'wrong kind of key' | 'unknown key';

const fits = (algorithm: SigningAlgorithm, jwk: JsonWebKey): boolean => {
  const key = jwk.use === 'enc' ? undefined : publicKeyOf(jwk);
  return key !== undefined && keyFits(algorithm, key) && (jwk.alg ?? algorithm) === algorithm;
};

/** The only key that can be meant where none is named (OpenID Connect Core section 10.1). */
function loneKey(keys: readonly JsonWebKey[], algorithm: SigningAlgorithm): KeyObject | undefined {
  const [only, ...others] = keys.filter((jwk) => fits(algorithm, jwk));
  return others.length === 0 ? publicKeyOf(only) : undefined;
}

/**
 * Whether the one key of this sender that can be meant signed a token that names none; `unknown key` when several fit.
 * Throws OutboundError when keys at an address cannot be had.
 */
async function signedByLone(
  source: KeySource,
  jwt: DecodedJwt,
  algorithm: SigningAlgorithm,
  remote: RemoteKeys,
): Promise<Signed> {
  const outcome = async (keys: readonly JsonWebKey[]): Promise<Signed> => {
    const key = loneKey(keys, algorithm);
    if (!key) return 'unknown key';
    return (await verifySignature(jwt, algorithm, key)) ? 'yes' : 'no';
  };
  const first = await outcome(await registeredKeys(source, remote));
  if (first === 'yes' || source.jwks || !source.jwksUrl) return first;
  // Its owner may have put another key in the place of this one.
  const newer = await remote.newer(source.jwksUrl);
  return newer ? outcome(newer) : first;
}

/**
 * Whether one of these keys, the one that the token names by `kid`, signed it by this algorithm. `jku`, `jwk` and `x5u` in a
 * header count for nothing (RFC 8725 section 3.10). Throws OutboundError when keys at an address cannot be had.
 */
export async function signedBy(
  { jwks, jwksUrl }: KeySource,
  jwt: DecodedJwt,
  algorithm: SigningAlgorithm,
  remote: RemoteKeys,
): Promise<Signed> {
  const { kid } = jwt.header;
  if (typeof kid !== 'string') return 'unknown key';
  const outcome = async (key: KeyObject): Promise<Signed> => {
    if (!keyFits(algorithm, key)) return 'wrong kind of key';
    return (await verifySignature(jwt, algorithm, key)) ? 'yes' : 'no';
  };
  if (jwks) {
    const key = readKeySet({ keys: remote.live(jwks) }).get(kid);
    return key ? outcome(key) : 'unknown key';
  }
  if (!jwksUrl) return 'unknown key';
  const key = await remote.key(jwksUrl, kid);
  if (!key) return 'unknown key';
  const first = await outcome(key);
  if (first === 'yes') return first;
  // Its owner may have put another key in the place of this one, under the same kid.
  const newer = await remote.replaced(jwksUrl, kid, key);
  return newer ? outcome(newer) : first;
}

/** `signedBy`, and where the token names no key the only one that can be meant. */
export const signedByNamedOrLone: typeof signedBy = (source, jwt, algorithm, remote) =>
  (jwt.header.kid === undefined ? signedByLone : signedBy)(source, jwt, algorithm, remote);

/** All registered keys, as they are registered. Throws OutboundError when they stand at an address and cannot be had. */
export async function registeredKeys(
  { jwks, jwksUrl }: KeySource,
  remote: RemoteKeys,
): Promise<readonly JsonWebKey[]> {
  if (jwks) return remote.live(jwks);
  return jwksUrl ? remote.all(jwksUrl) : [];
}
