import type { Answer } from '@alongside/kernel/answer';
import type { Outcome } from '@alongside/kernel/events';
import type { Api } from './api.ts';
import type { Dependencies } from './dependencies.ts';
import type { Trace } from './trace.ts';

/** The result of a call. */
export interface Ending {
  id: string;
  api: Api;
  verb: string;
  trace: Trace;
  answer: Answer;
  /** Name of the rule that refused; undefined without a refusal. */
  rule: string | undefined;
  /** The reason, for the log only. */
  detail: string;
  address: string;
}

const outcomeOf = (status: number): Outcome => (status >= 500 ? 'failed' : status >= 400 ? 'refused' : 'ok');

/** Records the events of the token's journey. Calls with an unknown token belong to no journey. */
function recordEvents({ recorder }: Dependencies, { api, verb, trace, answer, rule }: Ending): void {
  const { token, mode = '', operation = '' } = trace;
  if (!token) return;
  const keys = [token.family];
  const { status } = answer;
  recorder.record({
    keys,
    from: 'application',
    to: 'gateway',
    name: 'gateway.request',
    outcome: outcomeOf(status),
    detail: { api: api.name, mode, operation, status, rule: rule ?? '' },
  });
  if (trace.reachedBackEnd && api.event)
    recorder.record({
      keys,
      from: 'gateway',
      to: api.event.party,
      name: api.event.name(verb),
      outcome: outcomeOf(status),
      detail: { operation, status },
    });
}

/** Logs one line for each call: user, role, hash of the token and decision. No path, query or demographics. */
function writeLine(
  { log }: Dependencies,
  { id, api, verb, trace, answer, rule, detail, address }: Ending,
): void {
  const { token, keyOf, tokenHash, mode, role, roleUnchecked, operation } = trace;
  log.info(
    {
      id,
      api: api.name,
      verb,
      operation,
      status: answer.status,
      decision: rule ?? 'passed',
      detail: detail || undefined,
      user: token?.uid ?? undefined,
      role: role || undefined,
      roleUnchecked,
      mode,
      scope: token?.scope,
      application: token?.applicationId ?? keyOf?.application,
      clientId: token?.clientId ?? keyOf?.clientId,
      grant: token?.attributes.auth_grant_type ?? (keyOf && 'api_key'),
      provider: token?.attributes.auth_provider,
      accessTokenHash: tokenHash,
      client: address,
    },
    'call',
  );
}

/** Records the result of a call in the journey and the log. */
export function recordEnding(dependencies: Dependencies, ending: Ending): void {
  recordEvents(dependencies, ending);
  writeLine(dependencies, ending);
}
