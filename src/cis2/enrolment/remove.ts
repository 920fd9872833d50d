import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Credential, Credentials } from '../authenticators/credentials.ts';
import { errors } from '../errors.ts';
import type { SessionEnds } from '../logout/session-ends.ts';
import type { EndReason } from '../session.ts';
import type { Sessions } from '../sessions.ts';

/** Removes a credential: what it signed in ends with it, and everybody who relies on that is told. */
export const removing = ({
  database,
  credentials,
  sessions,
  ends,
  audit,
}: {
  database: Database;
  credentials: Credentials;
  sessions: Sessions;
  ends: SessionEnds;
  audit: AuditLog;
}) =>
  async function removeCredential(
    { id, uid, kind }: Credential<unknown>,
    { actor, cause }: { actor: string; cause: EndReason },
  ): Promise<void> {
    const { done } = await database.batch([credentials.revoking(id)]);
    if (!done) throw errors.credentialUnknown('it was removed meanwhile');
    await audit.write({
      actor,
      action: 'authenticator.remove',
      target: uid,
      outcome: 'ok',
      detail: { kind, credential: id },
    });
    const theirs = await sessions.ofPerson(uid);
    const made = theirs.filter(({ authentication }) => authentication.credentialId === id);
    await ends.end(made, cause);
  };
