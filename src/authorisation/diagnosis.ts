import { type Answer, type Headers, json } from '@alongside/kernel/answer';
import { errorPage } from '@alongside/kernel/error-page';
import { Refusal, type Refuse } from '@alongside/kernel/errors';
import { type ErrorFormat, type HttpRequest, isShownToUser } from '@alongside/kernel/http';
import type { OnMalformed } from '@alongside/kernel/incoming';
import { inOwnTerms } from '@alongside/kernel/kernel-errors';
import { type PageServer, type ResponseTarget, respondToClient } from './client-response.ts';
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

const waiting = ({ entry }: Refusal): Headers => {
  const wait = retryAfter[entry.id];
  return wait === undefined ? {} : { 'retry-after': wait };
};

/** Returns an error as JSON, as published: with the id by which `explain` finds the private reason. */
function errorAnswer(refusal: Refusal, request: HttpRequest): Answer {
  const { status, code } = refusal.entry;
  const body = {
    // RFC 6750 section 3.1: a request without authentication gets no error code.
    ...(code === '' ? {} : { error: code }),
    error_description: words(refusal),
    message_id: request.id,
  };
  return json(status, body, waiting(refusal)).refusing(refusal);
}

/** The entries of a catalogue for unreadable requests and unexpected errors. */
interface OwnTerms {
  bodyTooLarge: Refuse;
  requestMalformed: Refuse;
  unexpected: Refuse;
}

function refusalOf(thrown: unknown, own: OwnTerms): Refusal {
  const refusal = inOwnTerms(thrown, own);
  return refusal instanceof Refusal ? refusal : own.unexpected('see the log', {}, thrown);
}

/** Renders the errors of a route as JSON. */
export const errorFormat =
  (own: OwnTerms): ErrorFormat =>
  (thrown, request) =>
    errorAnswer(refusalOf(thrown, own), request);

/** Renders the errors of a route that browsers open: as a page for a user, otherwise as JSON. */
export const browserFormat =
  (own: OwnTerms, { path, development }: { path: string; development: boolean }): ErrorFormat =>
  (thrown, request) => {
    const refusal = refusalOf(thrown, own);
    if (!isShownToUser(request)) return errorAnswer(refusal, request);
    const { entry, detail } = refusal;
    const page = errorPage({
      entry,
      description: words(refusal),
      advice: 'Go back to your application and start again.',
      detail,
      requestId: request.id,
      service: 'API platform',
      development,
      assets: path,
    });
    return page.with(waiting(refusal)).refusing(refusal);
  };

/** Responds to bytes that are not a valid request in the format of the `nhs` profile: without a path, no other profile can be selected. */
export const malformed: OnMalformed = async ({ id, status, reason }) => {
  const refusal = (status === 431 ? errors.headersTooLarge : errors.requestMalformed)(reason);
  const { code } = refusal.entry;
  return json(status, { error: code, error_description: words(refusal), message_id: id }).refusing(refusal);
};

/** Sends the client an error (RFC 6749 section 4.1.2.1). */
const redirect = async (
  refusal: Refusal,
  _request: HttpRequest,
  { code = refusal.entry.code, ...to }: ResponseTarget & { code?: string | undefined },
  server: PageServer,
): Promise<Answer> =>
  respondToClient(server, to, { error: code, error_description: words(refusal) }).refusing(refusal);

/** Reports errors to clients by a redirect. The dry run replaces it. */
export const diagnosis = { redirect };
export type Diagnosis = typeof diagnosis;
