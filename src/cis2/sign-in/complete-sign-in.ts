import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import { stateKey } from '@alongside/kernel/journeys';
import type { Log } from '@alongside/kernel/log';
import type { AuditLog } from '../../storage/audit.ts';
import type { Statement } from '../../storage/database.ts';
import type { AssuranceLevel } from '../model/session.ts';
import type { Finish } from './finish.ts';
import type { InteractionContext } from './open.ts';

/** The user who signed in just now, and how. */
export interface AuthenticationResult {
  authenticator: string;
  uid: string;
  /** `amr` values. */
  methods: string[];
  level: AssuranceLevel;
  /** Id of the credential used, or null. Its removal ends the session. */
  credentialId: string | null;
  /** When the user acted, in milliseconds; now by default. */
  personAt?: number;
}

/**
 * Completes a sign-in without an agent and answers the client.
 * @param spends conditional writes, such as the use of the credential; the sign-in fails if any of them does.
 */
export type CompleteSignIn = (
  context: InteractionContext,
  result: AuthenticationResult,
  spends: readonly Statement[],
) => Promise<Answer>;

export const createCompleteSignIn = ({
  clock,
  recorder,
  finish,
}: {
  clock: Clock;
  recorder: Recorder;
  finish: Finish;
}): CompleteSignIn =>
  async function completeSignIn(context, { level, personAt, ...result }, spends) {
    const now = clock.now();
    recorder.record({
      keys: [stateKey(context.interaction.authorization), context.interaction.id],
      from: 'browser',
      to: 'cis2',
      name: 'cis2.sign-in',
      detail: { authenticator: result.authenticator, level },
    });
    const authentication = {
      ...result,
      level: { nhs: level, others: level },
      personAt: personAt ?? now,
      provenAt: now,
      proofCounts: false,
      cisSessionId: null,
      agentId: null,
      roleId: null,
    };
    return finish.run({ ...context, authentication, spends, confirmed: false });
  };

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
    keys: [stateKey(interaction.authorization), interaction.id],
    from: 'browser',
    to: 'cis2',
    name: 'cis2.sign-in',
    outcome: 'refused',
    detail: { authenticator },
  });
}
