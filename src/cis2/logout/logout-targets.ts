import type { Log } from '@alongside/kernel/log';
import type { Applications } from '../../oauth/applications.ts';
import { findRelyingParty } from '../relying-party.ts';
import type { Sessions } from '../sessions.ts';

/** A relying party that wants to know of the end of a session, and where. */
export interface LogoutTarget {
  clientId: string;
  address: string;
  trusted: boolean;
}

interface Parts {
  platformLogout?: string;
  applications: Applications;
  sessions: Sessions;
  log: Log;
}

/** The API platform is told of every session: it may hold tokens that were exchanged for an ID token of another client. */
async function platformTarget({ platformLogout, applications, log }: Parts): Promise<LogoutTarget[]> {
  if (platformLogout === undefined) return [];
  const platform = (await applications.list()).find(
    ({ cis2 }) => cis2?.backchannelLogoutUri === platformLogout,
  );
  if (platform?.cis2) return [{ clientId: platform.cis2.clientId, address: platformLogout, trusted: true }];
  log.warn(
    { address: platformLogout },
    'no relying party is registered with the back-channel logout address of the platform',
  );
  return [];
}

/** Whom to tell when this session has ended: its relying parties that registered an address, and the platform. */
export async function logoutTargets(parts: Parts, sid: string): Promise<LogoutTarget[]> {
  const targets = await platformTarget(parts);
  for (const clientId of await parts.sessions.clients(sid)) {
    const address = (await findRelyingParty(parts.applications, clientId))?.client.backchannelLogoutUri;
    if (address && !targets.some((target) => target.clientId === clientId))
      targets.push({ clientId, address, trusted: false });
  }
  return targets;
}
