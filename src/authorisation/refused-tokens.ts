import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { WithClient } from './application/client.ts';
import type { Base } from './base.ts';
import type { Incoming } from './incoming.ts';
import type { Parts } from './parts.ts';

/** Follows client authentication. Later refusals have an audit record. */
export function noteProven({ proven, client }: Incoming & WithClient): void {
  proven.application = client.application.id;
}

/** Records that an authenticated application was refused. A failed write does not change the refusal. */
export async function recordRefusedTokens(
  { audit, log }: Pick<Parts, 'audit' | 'log'>,
  base: Base,
  { request, application, grant }: { request: HttpRequest; application: string; grant: string | undefined },
  thrown: unknown,
): Promise<void> {
  if (!(thrown instanceof Refusal)) return;
  await audit
    .recordAlone({
      action: 'authorisation.tokens-refused',
      outcome: 'refused',
      actor: '',
      application,
      address: request.address,
      detail: { messageId: request.id, base: base.path, grant, error: thrown.entry.id },
    })
    .catch((error: unknown) =>
      log.error({ id: request.id, reason: reasonOf(error) }, 'a refusal could not be audited'),
    );
}
