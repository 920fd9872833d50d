import type { Party } from '@alongside/kernel/events';
import type { Applications, Cis2Registration, StoredApplication } from '../../oauth/applications.ts';
import { shownName } from '../../oauth/on-behalf-of.ts';
import type { Urls } from '../../service.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

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

/** Returns the name for pages: that of the application, also of one that signs in through the platform. */
export const nameOnPages = (
  { application: { name } }: Pick<RelyingParty, 'application'>,
  { authorization: { onBehalfOf } }: { authorization: Pick<AuthorizationRequest, 'onBehalfOf'> },
): string => (onBehalfOf ? `${onBehalfOf}, through ${shownName(name)}` : shownName(name));

/** Returns the sender of its events. The API platform is a relying party too. */
export const partyOf = (registration: Cis2Registration, urls: Urls): Party =>
  registration.redirectUris.some((uri) => uri.startsWith(`${urls.api}/`)) ? 'authorisation' : 'application';
