import type { Party } from '@alongside/kernel/events';
import type { Applications, Cis2Registration, StoredApplication } from '../../oauth/applications.ts';
import type { Urls } from '../../service.ts';

/** An approved application with its registration at CIS2. */
export interface RelyingParty {
  application: StoredApplication;
  registration: Cis2Registration;
}

const partyWith = (application: StoredApplication | undefined): RelyingParty | undefined =>
  application?.cis2 ? { application, registration: application.cis2 } : undefined;

/** Returns a relying party; undefined if it is unknown or revoked, or its developer is inactive. */
export function findRelyingParty(
  applications: Applications,
  clientId: string,
): RelyingParty | undefined | Promise<RelyingParty | undefined> {
  const application = applications.usableAtCis2(clientId);
  return application instanceof Promise ? application.then(partyWith) : partyWith(application);
}

/** Returns the sender of its events. The API platform is a relying party too. */
export const partyOf = (registration: Cis2Registration, urls: Urls): Party =>
  registration.redirectUris.some((uri) => uri.startsWith(`${urls.api}/`)) ? 'authorisation' : 'application';
