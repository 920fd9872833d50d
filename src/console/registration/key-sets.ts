import { reasonOf } from '@alongside/kernel/errors';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { publicKeyOf } from '@alongside/kernel/jws';
import { type FetchPolicy, safeFetch } from '../../oauth/safe-fetch.ts';
import type { Registration } from './shape.ts';

const usable: readonly string[] = ['rsa', 'ec', 'ed25519'];

/** What will fail at use with these keys, a sentence each. */
export function keyWarnings(keys: readonly JsonWebKey[], where: string): string[] {
  const warnings: string[] = [];
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
    else if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2_048)
      warnings.push(`${where}: ${name} has fewer than 2048 bits and will be refused.`);
    if (jwk.use === 'enc') warnings.push(`${where}: ${name} is for encryption and will not be used.`);
  }
  return warnings;
}

async function addressWarnings(address: string, where: string, policy: FetchPolicy): Promise<string[]> {
  try {
    const { status, body } = await safeFetch(address, policy, { headers: { accept: 'application/json' } });
    if (status !== 200)
      return [`${where}: the address answered ${status}; calls that need its keys will fail.`];
    const set = JSON.parse(body) as { keys?: unknown } | null;
    if (!Array.isArray(set?.keys)) return [`${where}: what the address answers is not a JWK set.`];
    return keyWarnings(set.keys as JsonWebKey[], where);
  } catch (error) {
    return [
      `${where}: the address cannot be read now (${reasonOf(error)}); calls that need its keys will fail.`,
    ];
  }
}

/** What a supplier should know of the registered keys. Nothing of it stops a registration: it fails at use. */
export async function keySetWarnings(
  { platform, cis2 }: Registration,
  policy: FetchPolicy,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const [name, half] of [
    ['platform', platform],
    ['cis2', cis2],
  ] as const) {
    if (!half) continue;
    if (half.jwks) warnings.push(...keyWarnings(half.jwks.keys, `${name}.jwks`));
    else if (half.jwksUrl) warnings.push(...(await addressWarnings(half.jwksUrl, `${name}.jwksUrl`, policy)));
    else if (half.tokenEndpointAuthMethod === 'private_key_jwt')
      warnings.push(
        `${name}: no public key is registered yet, so it cannot authenticate with private_key_jwt.`,
      );
  }
  return warnings;
}
