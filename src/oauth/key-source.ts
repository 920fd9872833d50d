import type { KeyObject } from 'node:crypto';
import {
  type DecodedJwt,
  type JsonWebKey,
  keyFits,
  publicKeyOf,
  type SigningAlgorithm,
  verifySignature,
} from '@alongside/kernel/jws';
import { type RemoteKeys, readKeySet } from './remote-keys.ts';

/** The keys of a client, in its registration or at its address. */
export interface KeySource {
  jwks: { keys: JsonWebKey[] } | null;
  jwksUrl: string | null | undefined;
}

/** Published attribute of applications with the address (NHSDigital/api-management-utils, add_jwks_resource_url.py). */
export const addressAttribute = 'jwks-resource-url';

/** Returns the address of the keys of a client with the `nhs` profile, if its registration contains none. */
export const publishedAddress = ({
  profile,
  attributes,
}: {
  profile: string;
  attributes?: Readonly<Record<string, string>>;
}): string | undefined => (profile === 'nhs' ? attributes?.[addressAttribute] : undefined);

/** Result of verifying a signature with the keys of its sender. */
export type Signed = 'yes' | 'no' | 'wrong kind of key' | 'unknown key';

const fits = (algorithm: SigningAlgorithm, jwk: JsonWebKey): boolean => {
  const key = jwk.use === 'enc' ? undefined : publicKeyOf(jwk);
  return key !== undefined && keyFits(algorithm, key) && (jwk.alg ?? algorithm) === algorithm;
};

/** Returns the only key that fits a token without `kid` (OpenID Connect Core section 10.1). */
function loneKey(keys: readonly JsonWebKey[], algorithm: SigningAlgorithm): KeyObject | undefined {
  const [only, ...others] = keys.filter((jwk) => fits(algorithm, jwk));
  return others.length === 0 ? publicKeyOf(only) : undefined;
}

/**
 * Verifies a token without `kid` with the only key that fits; `unknown key` if several do. Throws OutboundError if keys cannot
 * be fetched.
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
  // Its owner may have replaced the key.
  const newer = await remote.newer(source.jwksUrl);
  return newer ? outcome(newer) : first;
}

const signedWith = (
  jwt: DecodedJwt,
  algorithm: SigningAlgorithm,
  key: KeyObject,
): Signed | Promise<Signed> => {
  if (!keyFits(algorithm, key)) return 'wrong kind of key';
  const outcome = (isValid: boolean): Signed => (isValid ? 'yes' : 'no');
  const verified = verifySignature(jwt, algorithm, key);
  return typeof verified === 'boolean' ? outcome(verified) : verified.then(outcome);
};

/**
 * Verifies a token with the key that its `kid` names. Ignores `jku`, `jwk` and `x5u` (RFC 8725 section 3.10). Throws
 * OutboundError if keys cannot be fetched. Returns no promise if it waits for nothing.
 */
export function signedBy(
  { jwks, jwksUrl }: KeySource,
  jwt: DecodedJwt,
  algorithm: SigningAlgorithm,
  remote: RemoteKeys,
): Signed | Promise<Signed> {
  const { kid } = jwt.header;
  if (typeof kid !== 'string') return 'unknown key';
  if (!jwks) return jwksUrl ? signedAt(jwksUrl, kid, jwt, algorithm, remote) : 'unknown key';
  const key = readKeySet({ keys: remote.live(jwks) }).get(kid);
  return key ? signedWith(jwt, algorithm, key) : 'unknown key';
}

async function signedAt(
  jwksUrl: string,
  kid: string,
  jwt: DecodedJwt,
  algorithm: SigningAlgorithm,
  remote: RemoteKeys,
): Promise<Signed> {
  const key = await remote.key(jwksUrl, kid);
  if (!key) return 'unknown key';
  const first = await signedWith(jwt, algorithm, key);
  if (first === 'yes') return first;
  // Its owner may have replaced the key under the same kid.
  const newer = await remote.replaced(jwksUrl, kid, key);
  return newer ? signedWith(jwt, algorithm, newer) : first;
}

/** Returns the key that a `kid` names; undefined for an unknown one. Throws OutboundError if keys cannot be fetched. */
export async function keyNamed(
  { jwks, jwksUrl }: KeySource,
  kid: string,
  remote: RemoteKeys,
): Promise<KeyObject | undefined> {
  if (jwks) return readKeySet({ keys: remote.live(jwks) }).get(kid);
  return jwksUrl ? remote.key(jwksUrl, kid) : undefined;
}

/** Verifies a token with the key that it names, or without `kid` with the only one that fits. */
export const signedByNamedOrLone: typeof signedBy = (source, jwt, algorithm, remote) =>
  (jwt.header.kid === undefined ? signedByLone : signedBy)(source, jwt, algorithm, remote);

/** Returns all registered keys unchanged. Throws OutboundError if they cannot be fetched. */
export async function registeredKeys(
  { jwks, jwksUrl }: KeySource,
  remote: RemoteKeys,
): Promise<readonly JsonWebKey[]> {
  if (jwks) return remote.live(jwks);
  return jwksUrl ? remote.all(jwksUrl) : [];
}
