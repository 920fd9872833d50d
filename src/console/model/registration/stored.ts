import { type Answer, json } from '@alongside/kernel/answer';
import { randomToken } from '@alongside/kernel/ids';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import { z } from 'zod';
import type {
  Application,
  Cis2Registration,
  PlatformRegistration,
  SecretRecord,
  StoredApplication,
} from '../../../oauth/applications.ts';
import { seededSecrets } from '../../../seed/registrations.ts';
import { tagOf } from '../revisions.ts';
import {
  type Cis2RegistrationBody,
  cis2Shape,
  type HalfName,
  type PlatformRegistrationBody,
  platformShape,
  type Registration,
} from './shape.ts';

/** Generated secrets, before only their hashes remain. */
export type NewSecrets = Partial<Record<HalfName, string>>;

interface Credentials {
  clientId: string;
  secrets: SecretRecord[];
}

/** Returns 32 letters and digits, like the client ids of the published platform. */
function newClientId(): string {
  let id = '';
  while (id.length < 32) id += randomToken(32).replaceAll(/[^A-Za-z0-9]/g, '');
  return id.slice(0, 32);
}

/** Returns a secret of 43 URL-safe characters, and its record. Times in milliseconds. */
export function newSecret(
  now: number,
  expiresAt: number | null = null,
  secret = randomToken(32),
): { secret: string; record: SecretRecord } {
  return { secret, record: { hash: sha256(secret), createdAt: now, expiresAt } };
}

const secretMethods: readonly string[] = ['client_secret_post', 'client_secret_basic'];

/** Returns whether a client has a secret. In the nhs profile each API key of the platform does, for the grants that need it. */
const hasSecret = (half: PlatformRegistrationBody | Cis2RegistrationBody, name: HalfName): boolean =>
  secretMethods.includes(half.tokenEndpointAuthMethod) || (name === 'platform' && half.profile === 'nhs');

/** Returns an application for a registration. Keeps earlier client ids and secrets, and generates missing ones. */
export function storedFrom(
  { name, developer, platform, cis2, credentials: chosen }: Registration,
  before: Pick<Application, 'id' | 'status' | 'platform' | 'cis2'>,
  now: number,
): { application: Application; newSecrets: NewSecrets } {
  const newSecrets: NewSecrets = {};
  const credentialsOf = (
    half: PlatformRegistrationBody | Cis2RegistrationBody,
    at: HalfName,
  ): Credentials => {
    const { clientId = newClientId(), clientSecret } = chosen?.[at] ?? {};
    const credentials = {
      clientId: before[at]?.clientId ?? clientId,
      secrets: before[at]?.secrets ?? [],
    };
    if (!hasSecret(half, at) || credentials.secrets.length > 0) return credentials;
    const { secret, record } = newSecret(now, null, clientSecret);
    newSecrets[at] = secret;
    return { ...credentials, secrets: [record] };
  };
  const platformOf = ({
    revokedProducts,
    products,
    ...half
  }: PlatformRegistrationBody): PlatformRegistration => ({
    ...half,
    ...credentialsOf({ revokedProducts, products, ...half }, 'platform'),
    products: products.map((name) => ({
      name,
      status: revokedProducts.includes(name) ? 'revoked' : 'approved',
    })),
  });
  const application: Application = {
    id: before.id,
    name,
    developer,
    status: before.status,
    platform: platform && platformOf(platform),
    cis2: cis2 && { ...cis2, ...credentialsOf(cis2, 'cis2') },
  };
  return { application, newSecrets };
}

/** Defaults of members that the seed and registrations of earlier versions lack. */
const defaults = { boundTokens: null, signedRequests: 'optional', pkce: null } as const;

const platformDefaults = {
  ...defaults,
  postLogoutRedirectUris: [],
  backchannelLogoutUri: '',
  signingCallbackUrl: null,
  signingAlgorithms: ['RS256'] as const,
};

const platformRegistration = ({ clientId: _, secrets: __, products, ...half }: PlatformRegistration) => ({
  ...platformDefaults,
  ...half,
  products: products.map(({ name }) => name),
  revokedProducts: products.filter(({ status }) => status === 'revoked').map(({ name }) => name),
});

const cis2Defaults = {
  ...defaults,
  pushedRequests: 'optional',
  requestObjectSigningAlg: '',
  certificateSubject: null,
  description: '',
} as const;

const cis2Registration = ({ clientId: _, secrets: __, ...half }: Cis2Registration) => ({
  ...cis2Defaults,
  idTokenClaims: half.profile === 'nhs' ? ('published' as const) : ('requested' as const),
  ...half,
});

/** Returns the registration of an application, to which a merge patch applies. */
export const registrationOf = ({ name, developer, platform, cis2 }: Application) => ({
  name,
  developer,
  ...(platform ? { platform: platformRegistration(platform) } : {}),
  ...(cis2 ? { cis2: cis2Registration(cis2) } : {}),
});

const credentialsView = ({ clientId, secrets }: Credentials) => ({
  clientId,
  secrets: secrets.map(({ createdAt, expiresAt }) => ({
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  })),
});

/** Returns an application as the API shows it: without its secrets, but with their dates. */
export const applicationView = ({ id, name, developer, status, platform, cis2 }: Application) => ({
  id,
  name,
  developer,
  status,
  profile: (platform ?? cis2)?.profile ?? 'nhs',
  platform: platform && { ...credentialsView(platform), ...platformRegistration(platform) },
  cis2: cis2 && { ...credentialsView(cis2), ...cis2Registration(cis2) },
});

/** Responds with an application and its tag. */
export const shownApplication = (
  { revision, ...application }: StoredApplication,
  more: object = {},
): Answer => json(200, { ...applicationView(application), ...more }, { etag: tagOf(revision) });

/** Returns the development secret of a seeded client, unless it was replaced. */
function seededSecret(half: Credentials | null): { clientSecret?: string } {
  const secret = half ? seededSecrets.get(half.clientId) : undefined;
  if (secret === undefined || !half) return {};
  const hash = sha256(secret);
  return half.secrets.some((record) => equalSecrets(record.hash, hash)) ? { clientSecret: secret } : {};
}

/** Returns an application with the development secrets of the seed, which are public. */
export function listedApplication(application: Application) {
  const view = applicationView(application);
  return {
    ...view,
    platform: view.platform && { ...view.platform, ...seededSecret(application.platform) },
    cis2: view.cis2 && { ...view.cis2, ...seededSecret(application.cis2) },
  };
}

/** Returns whether the name or an id of an application contains a text. */
export const isNamed = ({ id, name, platform, cis2 }: Application, q: string): boolean =>
  [id, name, platform?.clientId, cis2?.clientId].some((value) =>
    value?.toLowerCase().includes(q.trim().toLowerCase()),
  );

/** Problems of a valid registration that will fail at use; absent without any. */
export const warnings = z.array(z.strictObject({ code: z.string(), message: z.string() })).optional();

/** Client id, and a new or seeded secret. */
export const credentials = z.strictObject({ clientId: z.string(), clientSecret: z.string().optional() });

/** A response has each member that a registration may leave out. */
const withoutDefaults = (shape: Readonly<Record<string, z.ZodType>>): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => [
      name,
      schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema,
    ]),
  );

const common = {
  ...credentials.shape,
  secrets: z.array(z.strictObject({ createdAt: z.iso.datetime(), expiresAt: z.iso.datetime().nullable() })),
  jwks: z.strictObject({ keys: z.array(z.looseObject({ kty: z.string() })) }).nullable(),
  jwksUrl: z.string().nullable(),
};

/** An application as the API shows it: without its secrets, but with their dates. */
export const applicationResponse = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    developer: z.string(),
    status: z.enum(['approved', 'revoked']),
    profile: z.enum(['nhs', 'standard', 'fapi2']),
    platform: z.strictObject({ ...withoutDefaults(platformShape.shape), ...common }).nullable(),
    cis2: z.strictObject({ ...withoutDefaults(cis2Shape.shape), ...common }).nullable(),
  })
  .meta({ id: 'Application' });
