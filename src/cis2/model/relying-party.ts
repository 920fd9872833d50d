import type { Party } from '@alongside/kernel/events';
import type { Applications, Cis2Registration, StoredApplication } from '../../oauth/applications.ts';
import type { Urls } from '../../service.ts';

/** An approved application with its registration at CIS2. */
export interface RelyingParty {
  application: StoredApplication;
  registration: Cis2Registration;
}

/** Returns a relying party; undefined if it is unknown or revoked, or its developer is inactive. */
export async function findRelyingParty(
  applications: Applications,
  clientId: string,
): Promise<RelyingParty | undefined> {
  const application = await applications.byCis2Client(clientId);
  if (application?.status !== 'approved' || !application.cis2) return undefined;
  if (await applications.isOfInactive(application)) return undefined;
  return { application, registration: application.cis2 };
}

/** Returns the sender of its events. The API platform is a relying party too. */
export const partyOf = (registration: Cis2Registration, urls: Urls): Party =>
  registration.redirectUris.some((uri) => uri.startsWith(`${urls.api}/`)) ? 'authorisation' : 'application';
