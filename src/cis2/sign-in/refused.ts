import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import type { AuditLog } from '../../storage/audit.ts';
import type { InteractionContext } from './open.ts';

interface RefusalDependencies {
  audit: AuditLog;
  recorder: Recorder;
  log: Log;
}

/**
 * Notes a failed sign-in of an unauthenticated user: the reason in the log, an event in the journey, and a count for the network in
 * the audit log. The page never contains the reason.
 */
export function noteRefusedSignIn(
  { audit, recorder, log }: RefusalDependencies,
  { request, interaction }: Pick<InteractionContext, 'request' | 'interaction'>,
  authenticator: string,
  detail: string,
): void {
  log.info({ id: request.id, authenticator, detail }, 'a sign-in was refused');
  audit.countUnproven(`sign-in ${authenticator}`, request.address);
  recorder.record({
    keys: [interaction.authorization.state ?? '', interaction.id],
    from: 'browser',
    to: 'cis2',
    name: 'cis2.sign-in',
    outcome: 'refused',
    detail: { authenticator },
  });
}
