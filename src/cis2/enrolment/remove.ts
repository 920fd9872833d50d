import type { Credential } from '../model/credentials.ts';
import type { EndReason } from '../model/session.ts';
import { enrolmentErrors } from './errors.ts';
import type { EnrolmentServices } from './services.ts';

/** Removes a credential and ends its sessions. Notifies the holder and the relying parties of the sessions. */
export async function removeCredential(
  {
    database,
    credentials,
    sessions,
    ends,
    audit,
    notices,
  }: Pick<EnrolmentServices, 'database' | 'credentials' | 'sessions' | 'ends' | 'audit' | 'notices'>,
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
