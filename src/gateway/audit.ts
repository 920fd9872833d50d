import { outcomeOf } from '@alongside/kernel/activity';
import type { Answer } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Profile } from '../oauth/applications.ts';
import type { TokenRecord } from '../oauth/token-records.ts';
import type { AuditEntry } from '../storage/audit.ts';
import type { Api, AuditedCall, ChangeRecorder } from './api.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Facts about a call, collected by the rules for the event and the audit record, also if it is refused. Never the token or
 * patient data.
 */
export interface Trace {
  token?: TokenRecord;
  /** The application that called with its API key, without a token. */
  keyOf?: { application: string; clientId: string };
  scheme?: 'bearer' | 'dpop';
  /** Profile of the token's application. */
  profile?: Profile;
  /** Nonce for the next DPoP proof, if required. */
  nonce?: string;
  /** SHA-256 of the access token. */
  tokenHash?: string;
  mode?: string;
  role?: string;
  /** ODS code of the organisation of the role. */
  organisation?: string;
  /** Set if a role could not be checked and was passed on as sent. */
  roleUnchecked?: boolean;
  /** Name of the allowed path, without identifiers. */
  operation?: string;
  /** How the call differs from the definition of its API, which did not refuse it. */
  warning?: string;
  /** Set once the back end was called. */
  reachedBackEnd?: boolean;
  /** Set once the back end has the audit record of its change. */
  changeRecorded?: boolean;
  /** Set if the response is that of an earlier request with the same X-Request-ID. */
  isRepetition?: boolean;
  /** The refusal of a call beyond a limit of its operation, unless it repeats an earlier one. */
  over?: Refusal;
}

type CallAction = AuditedCall['action'];

export interface RecordedCall {
  request: HttpRequest;
  api: Api;
  verb: string;
  path: string;
  trace: Trace;
}

/** Forms of client ids that are recorded, which exclude free text. */
const idForm = /^[\w.:-]{1,100}$/;

function idOf({ headers }: HttpRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && idForm.test(value) ? value : undefined;
}

function entryOf(
  { request, api, verb, trace }: RecordedCall,
  { action, subject, facts = {} }: AuditedCall,
  status: number,
  rule?: string,
): AuditEntry<CallAction> {
  const { token, keyOf, mode, role, organisation, roleUnchecked, operation, tokenHash } = trace;
  const about = { messageId: request.id, api: api.name, operation, method: verb };
  return {
    action,
    // Some refusals of the PDS have the status 200.
    outcome: rule !== undefined && status < 400 ? 'refused' : outcomeOf(status),
    actor: token?.uid ?? '',
    role,
    organisation,
    application: token?.applicationId ?? keyOf?.application,
    tokenId: tokenHash,
    family: token?.family,
    session: token?.sid,
    subject,
    address: request.address,
    requestId: idOf(request, 'x-request-id'),
    correlationId: idOf(request, 'x-correlation-id'),
    detail: { ...about, status, mode, rule, roleUnchecked, ...facts },
  };
}

/** Creates the recorder of a change for the back end, which writes the record in its own batch. */
export const changeRecorder = ({ audit }: Dependencies, call: RecordedCall): ChangeRecorder => ({
  recordStatement({ subject, ...facts }) {
    const audited = call.api.audited?.({ ...call, query: call.request.query }) ?? { action: 'api.called' };
    const entry = entryOf(call, { ...audited, ...(subject && { subject }), facts }, 200);
    return audit.recordStatement(entry, call.request.activity);
  },
  done() {
    call.trace.changeRecorded = true;
  },
  repeated() {
    call.trace.isRepetition = true;
  },
});

/**
 * Records a call before its response, with equal detail for a refused one. Calls without a known token or key are counted by
 * network. Open paths and pre-flight requests, which need neither, are not recorded.
 * @param rule name of the rule that refused
 */
export async function recordCall(
  { audit }: Dependencies,
  call: RecordedCall,
  answer: Answer,
  rule?: string,
): Promise<void> {
  const { api, trace, request } = call;
  const proven = trace.token !== undefined || (trace.keyOf !== undefined && rule === undefined);
  if (!proven) {
    if (rule !== undefined) audit.countUnproven(`gateway ${api.name}`, request.address);
    return;
  }
  if (trace.changeRecorded && answer.status < 400) return;
  const isRepetition = trace.isRepetition && answer.status < 400;
  const described = api.audited?.({ ...call, query: request.query, answer, isRepetition });
  const audited = described ?? { action: 'api.called' };
  // A back end's own refusal has its own rule.
  const refused = rule ?? answer.because?.refusal.entry.id;
  await audit.recordAlone(entryOf(call, audited, answer.status, refused), request.activity);
}
