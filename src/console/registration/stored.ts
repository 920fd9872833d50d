import type {
  Application,
  Cis2Registration,
  PlatformRegistration,
  SecretRecord,
} from '../../oauth/applications.ts';
import { hasSecret, newClientId, newSecret } from './credentials.ts';
import type { Cis2RegistrationBody, PlatformRegistrationBody, Registration } from './shape.ts';

/** Secrets that were made just now: the one time that they are known. */
export interface FreshSecrets {
  platform?: string;
  cis2?: string;
}

type Identity = { clientId: string; secrets: SecretRecord[] };

/** The client id and secrets of a half: those that it has, and what it lacks made new. */
function identityOf(
  before: Identity | null,
  half: PlatformRegistrationBody | Cis2RegistrationBody,
  at: 'platform' | 'cis2',
  { now, fresh, chosen }: { now: number; fresh: FreshSecrets; chosen: Registration['credentials'] },
): Identity {
  const { clientId = newClientId(), clientSecret } = chosen?.[at] ?? {};
  const identity = { clientId: before?.clientId ?? clientId, secrets: before?.secrets ?? [] };
  if (!hasSecret(half, at) || identity.secrets.length > 0) return identity;
  const { secret, record } = newSecret(now, null, clientSecret);
  fresh[at] = secret;
  return { ...identity, secrets: [record] };
}

function platformHalf(
  { revokedProducts, products, ...half }: PlatformRegistrationBody,
  identity: Identity,
): PlatformRegistration {
  const statusOf = (name: string) => (revokedProducts.includes(name) ? 'revoked' : 'approved');
  return { ...half, ...identity, products: products.map((name) => ({ name, status: statusOf(name) })) };
}

/** The application that a registration describes, with client ids and secrets from before where there are any. */
export function storedFrom(
  registration: Registration,
  before: Pick<Application, 'id' | 'status' | 'platform' | 'cis2'>,
  now: number,
): { application: Application; fresh: FreshSecrets } {
  const { name, developer, platform, cis2, credentials: chosen } = registration;
  const fresh: FreshSecrets = {};
  const making = { now, fresh, chosen };
  const cis2Of = (half: Cis2RegistrationBody): Cis2Registration => ({
    ...half,
    ...identityOf(before.cis2, half, 'cis2', making),
  });
  const application: Application = {
    id: before.id,
    name,
    developer,
    status: before.status,
    platform: platform && platformHalf(platform, identityOf(before.platform, platform, 'platform', making)),
    cis2: cis2 && cis2Of(cis2),
  };
  return { application, fresh };
}

const platformRegistration = ({ clientId: _, secrets: __, products, ...half }: PlatformRegistration) => ({
  ...half,
  products: products.map(({ name }) => name),
  revokedProducts: products.filter(({ status }) => status === 'revoked').map(({ name }) => name),
});

/** Members that registrations of earlier versions, and the seed, lack: what absent means. */
const cis2Absent = {
  boundTokens: null,
  pushedRequests: 'optional',
  signedRequests: 'optional',
  requestObjectSigningAlg: '',
  certificateSubject: null,
  description: '',
} as const;

const cis2Registration = ({ clientId: _, secrets: __, ...half }: Cis2Registration) => ({
  ...cis2Absent,
  ...half,
});

/** The registration of a stored application: what a merge patch is applied to. */
export const registrationOf = ({
  name,
  developer,
  platform,
  cis2,
}: Application): Record<string, unknown> => ({
  name,
  developer,
  ...(platform ? { platform: platformRegistration(platform) } : {}),
  ...(cis2 ? { cis2: cis2Registration(cis2) } : {}),
});

const secretView = (secrets: readonly SecretRecord[]) =>
  secrets.map(({ createdAt, expiresAt }) => ({
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  }));

/** An application as the API shows it: everything but the secrets, of which it says when they were made. */
export const applicationView = (application: Application) => {
  const { id, name, developer, status, platform, cis2 } = application;
  return {
    id,
    name,
    developer,
    status,
    profile: (platform ?? cis2)?.profile ?? 'nhs',
    platform: platform && {
      clientId: platform.clientId,
      secrets: secretView(platform.secrets),
      ...platformRegistration(platform),
    },
    cis2: cis2 && { clientId: cis2.clientId, secrets: secretView(cis2.secrets), ...cis2Registration(cis2) },
  };
};
