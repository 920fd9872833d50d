import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import type { Application, SecretRecord } from '../../oauth/applications.ts';
import { seededSecrets } from '../../seed/registrations.ts';
import { applicationView } from './stored.ts';

/** The development secret of a seeded client, while it is still that of the seed. */
function seededSecret(half: { clientId: string; secrets: SecretRecord[] } | null): { clientSecret?: string } {
  const secret = half ? seededSecrets.get(half.clientId) : undefined;
  if (secret === undefined || !half) return {};
  const hash = sha256(secret);
  return half.secrets.some((record) => equalSecrets(record.hash, hash)) ? { clientSecret: secret } : {};
}

/** An application in a list: the seeded ones with their development secrets, which stand in the source and are no secrets. */
export function listedApplication(application: Application) {
  const view = applicationView(application);
  return {
    ...view,
    platform: view.platform && { ...view.platform, ...seededSecret(application.platform) },
    cis2: view.cis2 && { ...view.cis2, ...seededSecret(application.cis2) },
  };
}

export type ListedApplication = ReturnType<typeof listedApplication>;
