import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Credential, Credentials } from '../model/credentials.ts';
import type { EndReason } from '../model/session.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { enrolmentErrors } from './errors.ts';
import type { Notices } from './notices.ts';

interface RemovalDependencies {
  database: Database;
  credentials: Credentials;
  sessions: Sessions;
  ends: SessionEnds;
  audit: AuditLog;
  notices: Notices;
}

/** Removes a credential and ends its sessions. Notifies the holder and the relying parties of the sessions. */
export async function removeCredential(
  { database, credentials, sessions, ends, audit, notices }: RemovalDependencies,
  { id, uid, kind, label }: Credential<unknown>,
  { actor, cause }: { actor: string; cause: EndReason },
): Promise<void> {
  const { done } = await database.batch([
    credentials.revokeStatement(id),
    notices.postStatement(uid, 'removed', label),
    audit.recordStatement({
      actor,
      action: 'authenticator.remove',
      target: uid,
      outcome: 'ok',
      detail: { kind, credential: id },
    }),
  ]);
  if (!done) throw enrolmentErrors.credentialUnknown('it was removed meanwhile');
  notices.begin();
  const live = await sessions.ofPerson(uid);
  await ends.end(
    live.filter(({ authentication }) => authentication.credentialId === id),
    cause,
  );
}
