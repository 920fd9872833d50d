import { outcomeOf } from '@alongside/kernel/activity';
import type { Answer } from '@alongside/kernel/answer';
import { recordOf } from '@alongside/kernel/refusals';
import type { RecordedCall } from './audit.ts';
import type { Dependencies } from './dependencies.ts';
import { errors } from './errors/catalogue.ts';

interface RefusedCall {
  rule: string;
  /** The reason, for the log only. */
  detail: string;
}

/** Records the events of the token's journey. Calls with an unknown token belong to no journey. */
function recordEvents(
  { recorder }: Dependencies,
  { request, api, verb, trace }: RecordedCall,
  { status }: Answer,
  rule = '',
): void {
  const { token, mode = '', operation = '', warning } = trace;
  if (!token) return;
  const outcome = outcomeOf(status);
  const detail = {
    api: api.name,
    mode,
    operation,
    status,
    rule,
    ...(warning === undefined ? {} : { warning }),
  };
  recorder.record(
    { lasting: token.family, from: 'application', to: 'gateway', name: 'gateway.request', outcome, detail },
    request.activity,
  );
  if (trace.reachedBackEnd && api.event)
    recorder.record(
      {
        lasting: token.family,
        from: 'gateway',
        to: api.event.party,
        name: api.event.name(verb),
        outcome,
        detail: { operation, status },
      },
      request.activity,
    );
}

/** Keeps for `explain` how a call differs from the definition of its API. A refused call has a record of its own. */
function recordWarning(
  { refusals }: Dependencies,
  { request, api, trace }: RecordedCall,
  { status }: Answer,
): void {
  if (trace.warning === undefined || status >= 400) return;
  const refusal = errors.differsFromDefinition(trace.warning);
  const path = api.basePath + (trace.operation ?? '');
  refusals.record(recordOf({ refusal, path }, status, request, 'gateway'), request.address);
}

/** Logs details of a call besides the line of its request: role, hash of the token and decision. No path, query or demographics. */
function writeLine(
  { log }: Dependencies,
  { request, api, verb, trace }: RecordedCall,
  { status }: Answer,
  refused?: RefusedCall,
): void {
  const { token, keyOf, tokenHash, mode, role, roleUnchecked, operation } = trace;
  log.debug(
    {
      id: request.id,
      api: api.name,
      verb,
      operation,
      status,
      decision: refused?.rule ?? 'passed',
      detail: refused?.detail || undefined,
      role: role || undefined,
      roleUnchecked,
      mode,
      scope: token?.scope,
      application: token?.applicationId ?? keyOf?.application,
      clientId: token?.clientId ?? keyOf?.clientId,
      grant: token?.attributes.auth_grant_type ?? (keyOf && 'api_key'),
      provider: token?.attributes.auth_provider,
      accessTokenHash: tokenHash,
      client: request.address,
    },
    'call',
  );
}

/** Records the result of a call in the journey and the log. */
export function recordEnding(
  dependencies: Dependencies,
  call: RecordedCall,
  answer: Answer,
  refused?: RefusedCall,
): void {
  const { token, keyOf } = call.trace;
  const { activity: seen } = call.request;
  if (seen && call.api.isDefined) seen.operation = call.api.basePath + (call.trace.operation ?? '/*');
  seen?.note({
    api: call.api.name,
    rule: refused?.rule ?? 'passed',
    user: token?.uid,
    application: token?.applicationId ?? keyOf?.application,
    client: token?.clientId ?? keyOf?.clientId,
  });
  recordEvents(dependencies, call, answer, refused?.rule);
  recordWarning(dependencies, call, answer);
  writeLine(dependencies, call, answer, refused);
}
