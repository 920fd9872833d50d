import type { Clock } from '@alongside/kernel/clock';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Credential, Credentials } from '../model/credentials.ts';
import type { EndReason } from '../model/session.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { enrolmentErrors } from './errors.ts';
import type { Notices } from './notices.ts';
import { accountNotice } from './pages/account-notice.ts';

/** Removes a credential and ends the sessions that it made; their relying parties and the holder are notified. */
export const removing = ({
  database,
  credentials,
  sessions,
  ends,
  audit,
  notices,
  clock,
}: {
  database: Database;
  credentials: Credentials;
  sessions: Sessions;
  ends: SessionEnds;
  audit: AuditLog;
  notices: Notices;
  clock: Clock;
}) =>
  async function removeCredential(
    { id, uid, kind, label }: Credential<unknown>,
    { actor, cause }: { actor: string; cause: EndReason },
  ): Promise<void> {
    const { done } = await database.batch([
      credentials.revokeStatement(id),
      notices.postStatement(uid, accountNotice('removed', label, clock.now())),
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
    const theirs = await sessions.ofPerson(uid);
    const made = theirs.filter(({ authentication }) => authentication.credentialId === id);
    await ends.end(made, cause);
  };
