import type { Answer } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import type { AuditLog } from '../../../storage/audit.ts';
import type { Database } from '../../../storage/database.ts';
import { type Interactions, interactionPath } from '../../model/interactions.ts';
import type { AuthenticationContext } from '../../sign-in/authenticator.ts';
import type { CompleteSignIn } from '../../sign-in/complete-sign-in.ts';
import type { Ceremony } from './ceremony.ts';
import { webAuthnSignInPage } from './ceremony-pages.ts';
import type { WebAuthnKind } from './kind.ts';
import { requestOptions } from './options.ts';

/** What every authenticator by WebAuthn is built from. */
export interface WebAuthnParts {
  ceremony: Ceremony;
  completeSignIn: CompleteSignIn;
  database: Database;
  interactions: Interactions;
  recorder: Recorder;
  audit: AuditLog;
  log: Log;
  development: boolean;
}

/** Returns the page on which the browser asks the authenticator, with a fresh challenge. Throws `tooManyRows`. */
export async function showSignIn(
  { ceremony, development }: Pick<WebAuthnParts, 'ceremony' | 'development'>,
  kind: WebAuthnKind,
  { request, interaction, client }: AuthenticationContext,
  problem = '',
): Promise<Answer> {
  await ceremony.limitRows(request);
  // Whose credentials they are is told only where a session or a token of ours says so (WebAuthn section 14.6.3).
  const uid = interaction.expected?.uid ?? null;
  return webAuthnSignInPage({
    kind,
    applicationName: client.application.name,
    options: await requestOptions(ceremony, kind, interaction.id, uid),
    action: interactionPath(interaction.id, `${kind.id}/answer`),
    otherWay: interactionPath(interaction.id),
    problem,
    development,
  });
}
