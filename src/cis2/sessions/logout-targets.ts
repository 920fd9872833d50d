import type { Log } from '@alongside/kernel/log';
import type { Applications } from '../../oauth/applications.ts';
import { findRelyingParty } from '../model/relying-party.ts';
import type { Sessions } from './sessions.ts';

/** A relying party to notify of the end of a session, and its address. */
export interface LogoutTarget {
  clientId: string;
  address: string;
  trusted: boolean;
}

interface LogoutTargetDependencies {
  platformLogout?: string;
  platformClientId?: string;
  applications: Applications;
  sessions: Sessions;
  log: Log;
}

/** The API platform is notified of every session: it may have exchanged an ID token of another client for tokens. */
async function platformTarget(parts: LogoutTargetDependencies): Promise<LogoutTarget[]> {
  const { platformLogout: address, platformClientId: clientId, applications, log } = parts;
  if (address === undefined || clientId === undefined) return [];
  // Found by its id: any client could register the address, and would then be the audience.
  if (await applications.byCis2Client(clientId)) return [{ clientId, address, trusted: true }];
  log.warn({ client: clientId }, 'the API platform is no relying party, and is not told of ended sessions');
  return [];
}

/** Returns the relying parties of a session with a logout address, and the platform. */
export async function logoutTargets(parts: LogoutTargetDependencies, sid: string): Promise<LogoutTarget[]> {
  const targets = await platformTarget(parts);
  for (const clientId of await parts.sessions.clients(sid)) {
    const address = (await findRelyingParty(parts.applications, clientId))?.registration.backchannelLogoutUri;
    if (address && !targets.some((target) => target.clientId === clientId))
      targets.push({ clientId, address, trusted: false });
  }
  return targets;
}
