import { type Answer, json, redirect } from '@alongside/kernel/answer';
import { Refusal, type Refuse } from '@alongside/kernel/errors';
import type { Endpoint, ErrorFormat, HttpRequest, Route } from '@alongside/kernel/http';
import { inOwnTerms } from '@alongside/kernel/kernel-errors';
import type { OnMalformed } from '@alongside/kernel/malformed';
import { refusedIfUnavailable, retryHeaders, Unavailable } from '@alongside/kernel/unavailable';
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

/** The JSON form of an error, as published: with the id under which the private reason is found. */
function errorAnswer(refusal: Refusal, request: HttpRequest): Answer {
  const { id, status, code } = refusal.entry;
  const wait = retryAfter[id];
  const body = { error: code, error_description: words(refusal), message_id: request.id };
  return json(status, body, wait === undefined ? {} : { 'retry-after': wait }).refusing(refusal);
}

/** The endpoint with its refusals, and anything else that it throws, as JSON errors. `unexpected` answers the latter. */
const guard =
  (endpoint: Endpoint, unexpected: Refuse): Endpoint =>
  async (request) => {
    try {
      return await endpoint(request);
    } catch (thrown) {
      const refused = refusedIfUnavailable(thrown);
      const refusal = refused instanceof Refusal ? refused : unexpected('see the log', {}, thrown);
      return errorAnswer(refusal, request).with(retryHeaders(refusal));
    }
  };

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

/** What a route answers to a request that never came to its endpoint: a body that is too large, say. */
const early =
  (
    { bodyTooLarge, requestMalformed }: { bodyTooLarge: Refuse; requestMalformed: Refuse },
    unexpected: Refuse,
  ): Route['early'] =>
  ({ status, reason }) =>
    guard(async () => {
      if (status === 503) throw new Unavailable(reason);
      if (status >= 500) throw new Error(reason);
      throw (status === 413 ? bodyTooLarge : requestMalformed)(reason);
    }, unexpected);

/** Bytes that are no request have no path, so that they get the form of the `nhs` profile wherever they were meant to go. */
const malformed: OnMalformed = async ({ id, status, reason }) => {
  const refusal = (status === 431 ? errors.headersTooLarge : errors.requestMalformed)(reason);
  const { code } = refusal.entry;
  return json(status, { error: code, error_description: words(refusal), message_id: id }).refusing(refusal);
};

/** The redirect that tells a client of a refusal (RFC 6749 section 4.1.2.1). */
const redirectWith = async (
  refusal: Refusal,
  _request: HttpRequest,
  to: { redirectUri: string; state: string | null; issuer?: string; code?: string },
): Promise<Answer> =>
  redirect(
    withQuery(to.redirectUri, {
      error: to.code ?? refusal.entry.code,
      error_description: words(refusal),
      state: to.state ?? undefined,
      iss: to.issuer,
    }),
  ).refusing(refusal);

/** How the service answers refusals, in the forms of both profiles. */
export const diagnosis = { guard, early, malformed, redirect: redirectWith };
export type Diagnosis = typeof diagnosis;
