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

interface Parts {
  platformLogout?: string;
  platformClientId?: string;
  applications: Applications;
  sessions: Sessions;
  log: Log;
}

/** The API platform is told of every session: it may hold tokens that were exchanged for an ID token of another client. */
async function platformTarget(parts: Parts): Promise<LogoutTarget[]> {
  const { platformLogout: address, platformClientId: clientId, applications, log } = parts;
  if (address === undefined || clientId === undefined) return [];
  // Found by its id: the address may stand in the registration of anybody, and would make that one the audience.
  if (await applications.byCis2Client(clientId)) return [{ clientId, address, trusted: true }];
  log.warn({ client: clientId }, 'the API platform is no relying party, and is not told of ended sessions');
  return [];
}

/** Whom to tell when this session has ended: its relying parties that registered an address, and the platform. */
export async function logoutTargets(parts: Parts, sid: string): Promise<LogoutTarget[]> {
  const targets = await platformTarget(parts);
  for (const clientId of await parts.sessions.clients(sid)) {
    const address = (await findRelyingParty(parts.applications, clientId))?.registration.backchannelLogoutUri;
    if (address && !targets.some((target) => target.clientId === clientId))
      targets.push({ clientId, address, trusted: false });
  }
  return targets;
}
