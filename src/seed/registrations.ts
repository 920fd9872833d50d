import { sha256 } from '@alongside/kernel/secrets';
import type { Application, Applications, StoredApplication } from '../oauth/applications.ts';
import type { Product, Products } from '../oauth/products.ts';
import type { Settings } from '../storage/settings.ts';
import { type SeedUrls, seededApplications, seededClients } from './applications.ts';
import { demoKeyId, demoPrivateKeyPem, demoSigningKeyId, demoSigningKeyPem } from './key.ts';
import { atNewAddresses, noteWrittenUrls, writtenUrls } from './written-addresses.ts';

export { demoPrivateKeyPem };

const userScope = (family: string, level: string, api: string): string =>
  `urn:nhsd:apim:${family}:${level}:${api}`;
const applicationScope = (api: string): string => `urn:nhsd:apim:app:level3:${api}`;

/** Scopes of users who signed in through CIS2 (NHSDigital/personal-demographics-service-api, manifest_template.yml). */
const careWorkerScopes = (api: string): string[] => [
  userScope('user-nhs-id', 'aal3', api),
  userScope('user-nhs-cis2', 'aal3', api),
  userScope('user-nhs-cis2', 'aal2', api),
];

/** Returns a product with its API and the authorisation service at each of its base paths. */
const product = (name: string, api: string, scopes: string[]): Product => ({
  name,
  apis: [api, 'oauth2', 'oauth2-mock', 'oauth2.1'],
  scopes,
  limits: {},
});

/** The seeded products, with the published limits. */
const seededProducts: readonly Product[] = [
  product(
    'personal-demographics-service',
    'personal-demographics',
    careWorkerScopes('personal-demographics-service'),
  ),
  product('personal-demographics-service-application-restricted', 'personal-demographics', [
    applicationScope('personal-demographics-service'),
  ]),
  product('personal-demographics-service-patient-access', 'personal-demographics', [
    userScope('user-nhs-login', 'P9', 'personal-demographics-service'),
  ]),
  product('personal-demographics-service-privileged-application-restricted', 'personal-demographics', [
    applicationScope('privileged-personal-demographics-service'),
  ]),
  product('hello-world', 'hello-world', [
    applicationScope('hello-world'),
    ...careWorkerScopes('hello-world'),
  ]),
  product('signing-service', 'signing-service', [
    userScope('user-nhs-id', 'aal3', 'signing-service'),
    userScope('user-nhs-cis2', 'aal3', 'signing-service'),
  ]),
  product('canary-api', 'canary-api', [applicationScope('canary-api'), ...careWorkerScopes('canary-api')]),
];

/** The API platform as a client of CIS2. */
export const platformClient = seededClients.platform;

/** The signing service as a client of CIS2. */
export const signingClient = seededClients.signing;

/** Clients of CIS2 that belong to the installation, by the ids of their applications. */
const ownClients = { platform: platformClient, signing: signingClient } as const;
type OwnClient = keyof typeof ownClients;

/** Returns whether an application is the API platform itself, or its signing service. */
export const isPlatform = ({ id, cis2 }: Pick<Application, 'id' | 'cis2'>): boolean =>
  id in ownClients || Object.values(ownClients).some(({ clientId }) => cis2?.clientId === clientId);

interface Registrations {
  applications: Applications;
  products: Products;
  settings: Settings;
  urls: SeedUrls;
}

/** Returns the credentials of the seeded applications, which `alongside status` and the console show and the sample uses. */
export function demoCredentials(urls: SeedUrls) {
  const key = { kid: demoKeyId, privateKey: demoPrivateKeyPem };
  const { combined, separate, separateAtCis2, appRestricted, privileged, citizen, native } = seededClients;
  const { prescriber, prescriberAtCis2 } = seededClients;
  const prescriberCallback = `${urls.sample}/prescriber/callback`;
  return {
    combined: { ...combined, callbackUrl: `${urls.sample}/combined/callback` },
    separate: {
      platform: separate,
      cis2: { ...separateAtCis2, redirectUri: `${urls.sample}/separate/callback` },
      key,
    },
    appRestricted: { ...appRestricted, key },
    privileged: { ...privileged, key },
    citizen: { ...citizen, callbackUrl: `${urls.sample}/citizen/callback` },
    prescriber: {
      platform: { ...prescriber, callbackUrl: prescriberCallback },
      cis2: { ...prescriberAtCis2, redirectUri: prescriberCallback },
      key: { kid: demoSigningKeyId, privateKey: demoSigningKeyPem },
    },
    native: { ...native, redirectUri: 'http://127.0.0.1/callback' },
  };
}

/** The seeded secrets by client id. */
export const seededSecrets: ReadonlyMap<string, string> = new Map(
  Object.values(seededClients).flatMap((client) =>
    'clientSecret' in client ? [[client.clientId, client.clientSecret]] : [],
  ),
);

/** Their hashes, as they are stored. */
export const seededHashes: ReadonlySet<string> = new Set(
  [...seededSecrets.values()].map((text) => sha256(text)),
);

/** Adds an application. Returns the stored one instead, unless another process adds it at the same time. */
async function addOrGet(
  applications: Applications,
  application: Application,
): Promise<StoredApplication | undefined> {
  const stored = await applications.get(application.id);
  if (stored) return stored;
  await applications.add(application).catch(async (error: unknown) => {
    if (!(await applications.get(application.id))) throw error;
  });
  return undefined;
}

async function seedApplication(
  applications: Applications,
  seed: Application,
  written: SeedUrls | undefined,
): Promise<void> {
  const stored = await addOrGet(applications, seed);
  if (!stored) return;
  const now = atNewAddresses(stored, seed, written);
  const { revision, ...before } = stored;
  // A concurrent change has another revision and wins.
  if (JSON.stringify(now) !== JSON.stringify(before)) await applications.replace(now, revision);
}

/** Adds missing seed data, and updates the addresses of seeded applications. Repeated and concurrent calls change nothing more. */
export async function seedRegistrations({
  applications,
  products,
  settings,
  urls,
}: Registrations): Promise<void> {
  for (const product of seededProducts) if (!(await products.get(product.name))) await products.save(product);
  const written = await writtenUrls(settings);
  for (const seed of seededApplications(urls)) await seedApplication(applications, seed, written);
  await noteWrittenUrls(settings, urls);
}

/** Replaces all registrations by the seed. */
export async function resetRegistrations(registrations: Registrations): Promise<void> {
  const { applications, products } = registrations;
  for (const { id } of await applications.list()) await applications.remove(id);
  for (const { name } of await products.list()) await products.remove(name);
  await seedRegistrations(registrations);
}

/**
 * Registers the API platform and its signing service as clients of CIS2 in production, with secrets of this installation. Replaces other
 * secrets, so that both sides agree, and the addresses that an earlier start wrote. An administrator's changes stay.
 */
export async function registerPlatform(
  registrations: Omit<Registrations, 'products'>,
  clientSecrets: Readonly<Record<OwnClient, string>>,
): Promise<void> {
  const written = await writtenUrls(registrations.settings);
  // A concurrent change has another revision and wins; then the next start writes the addresses.
  for (const id of Object.keys(ownClients) as OwnClient[])
    if (!(await registerOwn(registrations, id, clientSecrets[id], written))) return;
  await noteWrittenUrls(registrations.settings, registrations.urls);
}

/** Returns false if a concurrent change won. */
async function registerOwn(
  { applications, urls }: Omit<Registrations, 'products'>,
  id: OwnClient,
  clientSecret: string,
  written: SeedUrls | undefined,
): Promise<boolean> {
  const { clientId } = ownClients[id];
  const seed = seededApplications(urls).find(({ cis2 }) => cis2?.clientId === clientId);
  if (!seed?.cis2) throw new Error(`The seed has no ${id}.`);
  const secrets = [{ hash: sha256(clientSecret), createdAt: applications.now, expiresAt: null }];
  const stored = await addOrGet(applications, { ...seed, cis2: { ...seed.cis2, secrets } });
  if (!stored) return true;
  const { revision, ...before } = stored;
  const application = atNewAddresses(stored, seed, written);
  const isKnown = application.cis2?.secrets.some(({ hash }) => hash === secrets[0]?.hash);
  const now =
    application.cis2 && !isKnown ? { ...application, cis2: { ...application.cis2, secrets } } : application;
  return JSON.stringify(now) === JSON.stringify(before) || (await applications.replace(now, revision));
}
