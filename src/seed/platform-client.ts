import { sha256 } from '@alongside/kernel/secrets';
import type { Applications } from '../oauth/applications.ts';
import { type SeedUrls, seededApplications, seededClients } from './applications.ts';

/**
 * Registers the API platform as a client of CIS2, in production: as the seed does, but with a secret of this installation.
 * A registration with another secret is given this one, so that both sides agree.
 */
export async function registerPlatform(
  applications: Applications,
  urls: SeedUrls,
  clientSecret: string,
): Promise<void> {
  const seed = seededApplications(urls).find(
    ({ cis2 }) => cis2?.clientId === seededClients.platform.clientId,
  );
  if (!seed?.cis2) throw new Error('The seed does not hold the platform.');
  const secrets = [{ hash: sha256(clientSecret), createdAt: applications.now, expiresAt: null }];
  const stored = await applications.get(seed.id);
  if (!stored) {
    await applications.add({ ...seed, cis2: { ...seed.cis2, secrets } }).catch(async (error: unknown) => {
      // Another process that starts at the same time may have been quicker.
      if (!(await applications.get(seed.id))) throw error;
    });
    return;
  }
  const { revision, ...application } = stored;
  if (!application.cis2 || application.cis2.secrets.some(({ hash }) => hash === secrets[0]?.hash)) return;
  await applications.replace({ ...application, cis2: { ...application.cis2, secrets } }, revision);
}
