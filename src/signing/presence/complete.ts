import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { sha256 } from '@alongside/kernel/secrets';
import { withQuery } from '../../oauth/parameters.ts';
import { type Ending, endings } from '../errors.ts';
import { hasRevokedCertificate, hasWrongCertificate } from '../faults.ts';
import type { SigningServices } from '../parts.ts';
import { mockSignatures, signPayloads } from '../sign.ts';
import type { SigningAnswer, SigningRequest } from '../transactions.ts';

/** How the presence of the person was proved. */
export interface Presence {
  mode: 'user' | 'mock' | 'sandbox';
  /** Authentication method and class of the proof at CIS2, and its session. */
  authenticator?: string;
  acr?: string;
  session?: string | undefined;
}

/** The address of the application, with the outcome. An error has the form of RFC 6749 section 4.1.2.1. */
export function returnUrl(token: string, { callback, state, ...answer }: SigningAnswer): string {
  const error = 'ending' in answer ? endings[answer.ending].entry : undefined;
  return withQuery(callback, {
    token,
    state: state ?? undefined,
    error: error?.code,
    error_description: error?.description,
  });
}

const ownersOf = ({ application, uid, callback, state }: SigningRequest) => ({
  application,
  uid,
  callback,
  state,
});

/** SHA-256 of the decoded bytes of each document, in base64url. */
export const digestsOf = ({ payloads }: Pick<SigningRequest, 'payloads'>): string[] =>
  payloads.map(({ payload }) => sha256(Buffer.from(payload, 'base64')));

/**
 * Signs a request and completes it, in one conditional write: its signatures, the audit records, and the end of its token. A crash before
 * it signs nothing. Returns undefined if another response completed the request.
 */
export async function complete(
  signing: SigningServices,
  token: string,
  request: SigningRequest,
  presence: Presence,
  { address }: Pick<HttpRequest, 'address'>,
): Promise<SigningAnswer | undefined> {
  const { keys, transactions, audit, database, recorder } = signing;
  const isRevoked = await hasRevokedCertificate(signing.faults);
  const key = await (isRevoked ? keys.makeRevoked(request.uid) : keys.ensure(request.uid));
  const { certificate } = (await hasWrongCertificate(signing.faults))
    ? await keys.makeUnstored(request.uid)
    : key;
  const signatures =
    presence.mode === 'mock'
      ? mockSignatures(request.payloads)
      : await signPayloads(request.payloads, request.algorithm, key);
  const answer: SigningAnswer = { ...ownersOf(request), signatures, certificate };
  const { mode, authenticator, acr, session } = presence;
  const about = {
    outcome: 'ok' as const,
    actor: request.uid,
    application: request.application,
    family: request.family,
  };
  const documents = request.payloads.length;
  const { done } = await database.batch([
    ...transactions.completeStatements(token, answer),
    audit.recordStatement({
      ...about,
      action: 'signing.presence-checked',
      session,
      address,
      detail: { documents, authenticator, acr, mode },
    }),
    audit.recordStatement({
      ...about,
      action: 'signing.signed',
      target: key.serial,
      detail: {
        documents,
        digests: digestsOf(request).join(' '),
        algorithm: request.algorithm,
        authenticator,
        mode,
      },
    }),
  ]);
  if (!done) return undefined;
  recorder.record({
    keys: [token],
    lasting: request.family,
    from: 'gateway',
    to: 'application',
    name: 'signing.signed',
    detail: { client: request.applicationName, documents, algorithm: request.algorithm, mode },
  });
  return answer;
}

/** Ends a request without signatures, once. Returns its answer, which may be that of another response. @param detail why, for operators */
export async function end(
  signing: SigningServices,
  token: string,
  request: SigningRequest,
  { ending, detail }: { ending: Ending; detail: string },
  { address }: Pick<HttpRequest, 'address'>,
): Promise<SigningAnswer | undefined> {
  const { transactions, audit, database, recorder } = signing;
  const answer: SigningAnswer = { ...ownersOf(request), ending, detail };
  const error = endings[ending].entry.id;
  const { done } = await database.batch([
    ...transactions.completeStatements(token, answer),
    audit.recordStatement({
      action: 'signing.refused',
      outcome: 'refused',
      actor: request.uid,
      application: request.application,
      family: request.family,
      address,
      detail: { error, documents: request.payloads.length },
    }),
  ]);
  if (!done) return transactions.answer(token);
  recorder.record({
    keys: [token],
    lasting: request.family,
    from: 'gateway',
    to: 'application',
    name: 'signing.refused',
    outcome: 'refused',
    detail: { client: request.applicationName, reason: error },
  });
  return answer;
}

/** Returns the browser to the application. */
export const goBack = (token: string, answer: SigningAnswer): Answer => redirect(returnUrl(token, answer));
