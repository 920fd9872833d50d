import { type Answer, json, redirect as redirectTo } from '@alongside/kernel/answer';
import { Refusal, type Refuse } from '@alongside/kernel/errors';
import type { ErrorFormat, HttpRequest } from '@alongside/kernel/http';
import type { OnMalformed } from '@alongside/kernel/incoming';
import { inOwnTerms } from '@alongside/kernel/kernel-errors';
import { withQuery } from '../oauth/parameters.ts';
import { errors } from './errors.ts';

/** Returns the public description of a refusal, with its placeholders filled. */
export const words = ({ entry, extra }: Refusal): string =>
  entry.description.replace(/\{(\w+)\}/g, (place, name: string) => String(extra[name] ?? place));

/** `Retry-After` in seconds, by catalogue entry. */
const retryAfter: Readonly<Record<string, string>> = {
  'authorisation.quota': '60',
  'authorisation.spikeArrest': '1',
  'authorisation.busyQuota': '60',
  'authorisation.busySpikeArrest': '1',
  'authorisation.networkBusy': '60',
};

/** Returns an error as JSON, as published: with the id by which `explain` finds the private reason. */
function errorAnswer(refusal: Refusal, request: HttpRequest): Answer {
  const { id, status, code } = refusal.entry;
  const wait = retryAfter[id];
  const body = {
    // RFC 6750 section 3.1: a request without authentication gets no error code.
    ...(code === '' ? {} : { error: code }),
    error_description: words(refusal),
    message_id: request.id,
  };
  return json(status, body, wait === undefined ? {} : { 'retry-after': wait }).refusing(refusal);
}

/** Renders the errors of a route as JSON, with the entries of one catalogue for unreadable requests and unexpected errors. */
export const errorFormat =
  (own: { bodyTooLarge: Refuse; requestMalformed: Refuse; unexpected: Refuse }): ErrorFormat =>
  (thrown, request) => {
    const refusal = inOwnTerms(thrown, own);
    return errorAnswer(
      refusal instanceof Refusal ? refusal : own.unexpected('see the log', {}, thrown),
      request,
    );
  };

/** Responds to bytes that are not a valid request in the format of the `nhs` profile: without a path, no other profile can be selected. */
export const malformed: OnMalformed = async ({ id, status, reason }) => {
  const refusal = (status === 431 ? errors.headersTooLarge : errors.requestMalformed)(reason);
  const { code } = refusal.entry;
  return json(status, { error: code, error_description: words(refusal), message_id: id }).refusing(refusal);
};

/** Redirects to the client with an error (RFC 6749 section 4.1.2.1). */
const redirect = async (
  refusal: Refusal,
  _request: HttpRequest,
  to: { redirectUri: string; state: string | null; issuer?: string; code?: string },
): Promise<Answer> =>
  redirectTo(
    withQuery(to.redirectUri, {
      error: to.code ?? refusal.entry.code,
      error_description: words(refusal),
      state: to.state ?? undefined,
      iss: to.issuer,
    }),
  ).refusing(refusal);

/** Reports errors to clients by a redirect. The dry run replaces it. */
export const diagnosis = { redirect };
export type Diagnosis = typeof diagnosis;
