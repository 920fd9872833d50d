import { type Answer, json, redirect } from '@alongside/kernel/answer';
import { Refusal, type Refuse, reasonOf } from '@alongside/kernel/errors';
import type { Endpoint, HttpRequest, Route } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import type { OnMalformed } from '@alongside/kernel/malformed';
import {
  availabilityErrors,
  refusedIfUnavailable,
  retryHeaders,
  Unavailable,
} from '@alongside/kernel/unavailable';
import { withQuery } from '../oauth/parameters.ts';
import { longestDetail, longestPath, type RefusalRecord, type Refusals } from '../oauth/refusals.ts';
import { errors } from './errors.ts';

/** The public words of a refusal, with their places filled. */
export const words = ({ entry, extra }: Refusal): string =>
  entry.description.replace(/\{(\w+)\}/g, (place, name: string) => String(extra[name] ?? place));

/** Seconds after which a limited client may come again, by catalogue entry. */
const retryAfter: Readonly<Record<string, string>> = {
  'authorisation.quota': '60',
  'authorisation.spikeArrest': '1',
  'authorisation.busyQuota': '60',
  'authorisation.busySpikeArrest': '1',
  'authorisation.networkBusy': '60',
};

/** The JSON form of an error, as published: with the id under which the private reason is found. */
export function errorAnswer(refusal: Refusal, request: HttpRequest): Answer {
  const { id, status, code } = refusal.entry;
  const wait = retryAfter[id];
  const body = { error: code, error_description: words(refusal), message_id: request.id };
  return json(status, body, wait === undefined ? {} : { 'retry-after': wait });
}

/** Keeps the private reason of each refusal under the id that the public answer carries. */
export class Diagnosis {
  readonly #refusals: Refusals;
  readonly #log: Log;

  constructor(refusals: Refusals, log: Log) {
    this.#refusals = refusals;
    this.#log = log;
  }

  async note({ entry, detail: whole, cause }: Refusal, request: HttpRequest): Promise<void> {
    const unexpected = entry.status >= 500 && cause !== undefined;
    // It may quote what a caller sent: a flood of long values must not fill the log.
    const [detail, path] = [whole.slice(0, longestDetail), request.path.slice(0, longestPath)];
    const fields = { id: request.id, error: entry.id, detail, path };
    if (unexpected) this.#log.error({ ...fields, stack: (cause as Error).stack }, 'failed');
    else this.#log.info(fields, 'refused');
    // Without storage there is nowhere to keep it, and the caller would wait again.
    if (entry === availabilityErrors.unavailable.entry) return;
    await this.#keep({
      messageId: request.id,
      service: 'authorisation',
      error: entry.id,
      detail,
      path,
    });
  }

  async #keep(record: Omit<RefusalRecord, 'at'>): Promise<void> {
    await this.#refusals
      .keep(record)
      .catch((error: unknown) =>
        this.#log.error({ id: record.messageId, reason: reasonOf(error) }, 'the reason could not be kept'),
      );
  }

  /** An endpoint whose refusals, and whatever else it throws, become JSON errors. `unexpected` is the answer to the latter. */
  guard(endpoint: Endpoint, unexpected: Refuse): Endpoint {
    return async (request) => {
      try {
        return await endpoint(request);
      } catch (thrown) {
        const refused = refusedIfUnavailable(thrown);
        const refusal = refused instanceof Refusal ? refused : unexpected(reasonOf(thrown), {}, thrown);
        await this.note(refusal, request);
        return errorAnswer(refusal, request).with(retryHeaders(refusal));
      }
    };
  }

  /** What a route answers to a request that never came to its endpoint: a body that is too large, say. */
  early(words: { bodyTooLarge: Refuse; requestMalformed: Refuse }, unexpected: Refuse): Route['early'] {
    return ({ status, reason }) =>
      this.guard(async () => {
        if (status === 503) throw new Unavailable(reason);
        if (status >= 500) throw new Error(reason);
        throw (status === 413 ? words.bodyTooLarge : words.requestMalformed)(reason);
      }, unexpected);
  }

  /** Bytes that are no request have no path, so that they get the form of the `nhs` profile wherever they were meant to go. */
  readonly malformed: OnMalformed = async ({ id, status, reason }) => {
    const refusal = (status === 431 ? errors.headersTooLarge : errors.requestMalformed)(reason);
    const { id: error, code } = refusal.entry;
    await this.#keep({
      messageId: id,
      service: 'authorisation',
      error,
      detail: reason,
      path: '(no request)',
    });
    return json(status, { error: code, error_description: words(refusal), message_id: id });
  };

  /** The redirect that tells a client of a refusal (RFC 6749 section 4.1.2.1). */
  async redirect(
    refusal: Refusal,
    request: HttpRequest,
    to: { redirectUri: string; state: string | null; issuer?: string; code?: string },
  ): Promise<Answer> {
    await this.note(refusal, request);
    return redirect(
      withQuery(to.redirectUri, {
        error: to.code ?? refusal.entry.code,
        error_description: words(refusal),
        state: to.state ?? undefined,
        iss: to.issuer,
      }),
    );
  }
}
