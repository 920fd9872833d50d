import { type JsonObject, mergePatch } from '@alongside/kernel/json';
import type { Application } from '../../../oauth/applications.ts';
import { publishedAddress } from '../../../oauth/key-source.ts';
import type { Products } from '../../../oauth/products.ts';
import { invalidMember, readShape } from '../request.ts';
import { checkPolicy } from './policy.ts';
import { type Registration, registrationShape } from './shape.ts';
import { registrationOf } from './stored.ts';

/** Applies a merge patch to a registration. A top-level `profile` replaces that of both halves. */
export function patchedRegistration(application: Application, patch: JsonObject): Registration {
  const { platform, cis2, ...rest } = registrationOf(application);
  const withoutProfile = (half: JsonObject | undefined) => {
    if (half === undefined || !('profile' in patch)) return half;
    const { profile: _, ...others } = half;
    return others;
  };
  const base = {
    ...rest,
    profile: (application.platform ?? application.cis2)?.profile,
    ...(platform ? { platform: withoutProfile(platform) } : {}),
    ...(cis2 ? { cis2: withoutProfile(cis2) } : {}),
  };
  const registration = readShape(registrationShape, mergePatch(base, patch));
  checkPolicy(registration);
  return registration;
}

/** Refuses unknown products, except those that the application already has. */
export async function checkProducts(
  products: Products,
  { platform }: Registration,
  before: readonly string[],
): Promise<void> {
  for (const name of platform?.products ?? []) {
    if (before.includes(name) || (await products.get(name))) continue;
    throw invalidMember('platform.products', `there is no product "${name}"`);
  }
}

/** Removes the halves with unchanged keys, which were checked before. */
export function withNewKeys(registration: Registration, before: Application): Registration {
  const same = (
    one: Registration['platform'] | Registration['cis2'],
    other: Application['platform'] | Application['cis2'],
  ) =>
    one !== null &&
    other !== null &&
    one.jwksUrl === other.jwksUrl &&
    publishedAddress(one) === publishedAddress(other) &&
    one.tokenEndpointAuthMethod === other.tokenEndpointAuthMethod &&
    JSON.stringify(one.jwks) === JSON.stringify(other.jwks);
  const { platform, cis2 } = registration;
  return {
    ...registration,
    platform: same(platform, before.platform) ? null : platform,
    cis2: same(cis2, before.cis2) ? null : cis2,
  };
}
