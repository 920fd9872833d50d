import type { Application, Applications, StoredApplication } from '../oauth/applications.ts';
import type { Products } from '../oauth/products.ts';
import { type SeedUrls, seededApplications, seededClients } from './applications.ts';
import { demoKeyId, demoPrivateKeyPem } from './key.ts';
import { seededProducts } from './products.ts';

export { demoPrivateKeyPem };

/** The API platform as a client of CIS2. */
export const platformClient = seededClients.platform;

interface Registrations {
  applications: Applications;
  products: Products;
  urls: SeedUrls;
}

/** What a developer needs of the seeded applications: `alongside status` and the console show it, the sample is built with it. */
export function demoCredentials(urls: SeedUrls) {
  const key = { kid: demoKeyId, privateKey: demoPrivateKeyPem };
  const { combined, separate, separateAtCis2, appRestricted, native } = seededClients;
  return {
    combined: { ...combined, callbackUrl: `${urls.sample}/combined/callback` },
    separate: {
      platform: separate,
      cis2: { ...separateAtCis2, redirectUri: `${urls.sample}/separate/callback` },
      key,
    },
    appRestricted: { ...appRestricted, key },
    native: { ...native, redirectUri: 'http://127.0.0.1/callback' },
  };
}

/** The secrets that stand in the seed, by client id. */
export const seededSecrets: ReadonlyMap<string, string> = new Map(
  Object.values(seededClients).flatMap((client) =>
    'clientSecret' in client ? [[client.clientId, client.clientSecret]] : [],
  ),
);

const isLoopback = (url: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);

/** The stored addresses, with each that stood at another port of this machine moved to where it is seeded now. */
function moved(stored: readonly string[], seeded: readonly string[]): string[] {
  return stored.map((address) => {
    const old = URL.parse(address);
    if (!old?.port || !isLoopback(old) || seeded.includes(address)) return address;
    return seeded.find((now) => URL.parse(now)?.pathname === old.pathname) ?? address;
  });
}

/** A seeded application after a start at other ports. What somebody changed in it stays changed. */
function atNewAddresses({ revision: _, ...stored }: StoredApplication, seed: Application): Application {
  const { platform, cis2 } = stored;
  return {
    ...stored,
    platform: platform && {
      ...platform,
      callbackUrls: moved(platform.callbackUrls, seed.platform?.callbackUrls ?? []),
    },
    cis2: cis2 && {
      ...cis2,
      redirectUris: moved(cis2.redirectUris, seed.cis2?.redirectUris ?? []),
      postLogoutRedirectUris: moved(cis2.postLogoutRedirectUris, seed.cis2?.postLogoutRedirectUris ?? []),
      backchannelLogoutUri:
        moved([cis2.backchannelLogoutUri], [seed.cis2?.backchannelLogoutUri ?? ''])[0] ?? '',
    },
  };
}

async function seedApplication(applications: Applications, seed: Application): Promise<void> {
  const stored = await applications.get(seed.id);
  if (!stored) {
    await applications.add(seed).catch(async (error: unknown) => {
      // Another process that starts at the same time may have been quicker.
      if (!(await applications.get(seed.id))) throw error;
    });
    return;
  }
  const now = atNewAddresses(stored, seed);
  const { revision, ...before } = stored;
  // Whoever else changed it meanwhile has the last word.
  if (JSON.stringify(now) !== JSON.stringify(before)) await applications.replace(now, revision);
}

/** Adds what is missing of the seed; seeded applications follow the addresses of this start. Any number of starts is as good as one. */
export async function seedRegistrations({ applications, products, urls }: Registrations): Promise<void> {
  for (const product of seededProducts) if (!(await products.get(product.name))) await products.save(product);
  for (const seed of seededApplications(urls)) await seedApplication(applications, seed);
}

/** Puts the seed in the place of all registrations. */
export async function resetRegistrations(registrations: Registrations): Promise<void> {
  const { applications, products } = registrations;
  for (const { id } of await applications.list()) await applications.remove(id);
  for (const { name } of await products.list()) await products.remove(name);
  await seedRegistrations(registrations);
}
