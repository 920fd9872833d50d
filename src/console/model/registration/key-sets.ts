import { reasonOf } from '@alongside/kernel/errors';
import { isObject } from '@alongside/kernel/json';
import { isShortRsa, type JsonWebKey, publicKeyOf } from '@alongside/kernel/jws';
import { type OutboundPolicy, outbound } from '@alongside/kernel/outbound';
import { addressAttribute, publishedAddress } from '../../../oauth/key-source.ts';
import { keySetAddressProblem } from '../../../oauth/registered-addresses.ts';
import {
  type Cis2RegistrationBody,
  type HalfName,
  halfNames,
  type PlatformRegistrationBody,
  type Registration,
} from './shape.ts';
import type { RegistrationWarning } from './warnings.ts';

const usable: readonly string[] = ['rsa', 'ec', 'ed25519'];

/** The algorithms of assertions in profiles that restrict them. */
const algorithmsOf: Readonly<Record<string, readonly string[]>> = {
  'platform nhs': ['RS512'],
  'platform fapi2': ['PS256', 'ES256', 'EdDSA'],
  'cis2 fapi2': ['PS256', 'ES256', 'EdDSA'],
};

const kinds: Readonly<Record<string, string>> = { R: 'RSA', P: 'RSA', E: 'EC' };
const kindOf = (algorithm: string): string =>
  algorithm === 'EdDSA' ? 'OKP' : (kinds[algorithm[0] ?? ''] ?? '');

/** Returns whether a key can sign with one of these algorithms, by its `alg` or its type. */
const suits = ({ alg, kty }: JsonWebKey, algorithms: readonly string[]): boolean =>
  algorithms.some((algorithm) => (typeof alg === 'string' ? alg === algorithm : kindOf(algorithm) === kty));

export const keyWarning = (message: string): RegistrationWarning => ({ code: 'keys', message });

/** Returns a sentence for each problem of these keys. */
export function keyWarnings(
  keys: readonly JsonWebKey[],
  where: string,
  half: HalfName,
  profile: string,
): string[] {
  const algorithms = algorithmsOf[`${half} ${profile}`];
  const warnings: string[] = keys.length === 0 ? [`${where}: there is no key in the set.`] : [];
  const kids = new Set<string>();
  for (const [index, jwk] of keys.entries()) {
    const name = typeof jwk.kid === 'string' ? `key "${jwk.kid.slice(0, 60)}"` : `key number ${index + 1}`;
    if (typeof jwk.kid !== 'string')
      warnings.push(`${where}: ${name} has no kid, so no assertion can name it.`);
    else if (kids.has(jwk.kid)) warnings.push(`${where}: ${name} is there twice; the first counts.`);
    else kids.add(jwk.kid);
    const key = publicKeyOf(jwk);
    if (!key) warnings.push(`${where}: ${name} is not a public key.`);
    else if (!usable.includes(key.asymmetricKeyType ?? ''))
      warnings.push(`${where}: ${name} is of a type that no algorithm here uses.`);
    else if (isShortRsa(key))
      warnings.push(`${where}: ${name} has fewer than 2048 bits, so every use of it is refused.`);
    if (key && algorithms && !suits(jwk, algorithms))
      warnings.push(
        `${where}: ${name} is for ${jwk.alg ?? jwk.kty}; assertions are signed by ${algorithms.join(', ')}.`,
      );
    if (jwk.use === 'enc') warnings.push(`${where}: ${name} is for encryption and will not be used.`);
  }
  return warnings;
}

async function addressWarnings(
  address: string,
  policy: OutboundPolicy,
  warningsOf: (keys: readonly JsonWebKey[]) => string[],
  where: string,
): Promise<string[]> {
  const problem = keySetAddressProblem(address);
  if (problem) return [`${where}: the address ${problem}; calls that need its keys will fail.`];
  try {
    const { status, body } = await outbound(address, policy, {
      purpose: 'jwks',
      headers: { accept: 'application/json' },
    });
    if (status !== 200)
      return [`${where}: the address answered ${status}; calls that need its keys will fail.`];
    const set: unknown = JSON.parse(body);
    if (!isObject(set) || !Array.isArray(set.keys))
      return [`${where}: what the address answers is not a JWK set.`];
    return warningsOf(set.keys as JsonWebKey[]);
  } catch (error) {
    return [
      `${where}: the address cannot be read now (${reasonOf(error)}); calls that need its keys will fail.`,
    ];
  }
}

/** Returns the member with the keys of a half, and the address if they are fetched. */
function placeOf(
  name: HalfName,
  half: PlatformRegistrationBody | Cis2RegistrationBody,
): { where: string; address?: string | undefined } {
  if (half.jwks) return { where: `${name}.jwks` };
  const published = half.jwksUrl ? undefined : publishedAddress(half);
  return published
    ? { where: `${name}.attributes.${addressAttribute}`, address: published }
    : { where: `${name}.jwksUrl`, address: half.jwksUrl ?? undefined };
}

/** Returns warnings about registered keys, which fail only at use. */
export async function keySetWarnings(
  registration: Registration,
  policy: OutboundPolicy,
): Promise<RegistrationWarning[]> {
  const warnings: string[] = [];
  for (const name of halfNames) {
    const half = registration[name];
    if (!half) continue;
    const { where, address } = placeOf(name, half);
    const warningsOf = (keys: readonly JsonWebKey[]) => keyWarnings(keys, where, name, half.profile);
    if (half.jwks) warnings.push(...warningsOf(half.jwks.keys));
    else if (address) warnings.push(...(await addressWarnings(address, policy, warningsOf, where)));
    else if (half.tokenEndpointAuthMethod === 'private_key_jwt')
      warnings.push(
        `${name}: no public key is registered yet, so it cannot authenticate with private_key_jwt.`,
      );
  }
  return warnings.map(keyWarning);
}
