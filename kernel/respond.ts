import type { RequestObserver, RouteFacts } from './activity.ts';
import { Answer, type Headers, json, type RefusedBecause } from './answer.ts';
import { Refusal, reasonOf } from './errors.ts';
import { kernelErrors, refusedIfUnavailable, retryHeaders } from './kernel-errors.ts';
import type { Log } from './log.ts';
import { type RefusalRecord, type RefusalRecorder, recordOf } from './refusals.ts';
import type { HttpRequest, Route } from './request.ts';

/** The settings of a listener for responses, the log and records of refusals. */
export interface RespondOptions {
  /** Name in the log and in the records of refusals. */
  name?: string;
  log: Log;
  /** Records why requests were refused. */
  refusals?: RefusalRecorder | undefined;
  /** In development, the header `X-Error-Detail` contains the reason of a refusal. */
  development?: boolean;
  /** In development, the address below which each error has its page, which the response then links to (RFC 8288, `help`). */
  errorPages?: string | undefined;
  /** Follows each request; by default none does, and refusals alone are logged. */
  observer?: RequestObserver | undefined;
  /** Suggests a path for a mistyped one, in development. */
  nearestPath?: ((path: string) => string | undefined) | undefined;
  /** Runs before the routes and may respond, for example with an allow-list of hosts. */
  before?: (request: HttpRequest) => Answer | undefined | Promise<Answer | undefined>;
}

/** Returns the plain response to an error that the endpoint did not render. */
export function plainError(thrown: unknown, request: HttpRequest): Answer {
  if (thrown instanceof Refusal) {
    const { code, status, description } = thrown.entry;
    return json(status, { error: code, error_description: description, ...thrown.extra });
  }
  return json(500, {
    error: 'server_error',
    error_description: 'Something went wrong here.',
    id: request.id,
  });
}

/** The members of a route that decide about a response. */
export type Responder = Pick<
  Route,
  'endpoint' | 'errors' | 'rawQuery' | 'bodyLimit' | 'readsBody' | keyof RouteFacts
>;

/** Responds to requests without a route. */
export const nothingHere: Responder = {
  endpoint(request) {
    const refusal = kernelErrors.nothingHere('no route has this path and method');
    return plainError(refusal, request).refusing(refusal);
  },
};

/** Returns a responder that refuses every request in the format of a route. */
export const refusing = (route: Responder, refusal: Refusal): Responder => ({
  ...route,
  rawQuery: true,
  endpoint: () => Promise.reject(refusal),
});

/** Returns the response to an unsupported method (RFC 9110 section 15.5.6). */
export const methodNotAllowed = (allow: string): Answer =>
  new Answer(405, { allow, 'content-type': 'text/plain' }).refusing(
    kernelErrors.methodNotAllowed(`the address answers ${allow}`),
  );

/** Returns any thrown value as a refusal. The reason of an unexpected error is only for the log. */
const refusalOf = (thrown: unknown): Refusal =>
  thrown instanceof Refusal ? thrown : kernelErrors.unexpected('see the log', {}, thrown);

/** Escapes text for a header, which allows ASCII only. */
const inAscii = (text: string): string =>
  text
    .replace(/[’‘]/g, "'")
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 1_000);

/** Logs a refusal outside an observed request: for bytes that are not a request, and in programs without request logging. */
function writeLine(
  { messageId: id, error, detail, path }: RefusalRecord,
  { entry, cause }: Refusal,
  { log }: RespondOptions,
): void {
  if (entry.status < 500 || cause === undefined) log.info({ id, error, detail, path }, 'refused');
  else log.error({ id, error, detail: reasonOf(cause), stack: (cause as Error)?.stack, path }, 'failed');
}

/** An OAuth error in the query, the fragment or a parameter of the target (RFC 6749 section 4.1.2.1). */
const errorParameter = /[?&#]error=([^&#]*)/;

/** Returns the reason of a refusal: the one of its renderer, else the status or the error of the redirect. */
function becauseOf({ because, status, headers }: Answer): RefusedBecause | undefined {
  if (because !== undefined) return because ?? undefined;
  if (status < 300) return undefined;
  if (status >= 400) return { refusal: kernelErrors.refused(`answered ${status}`) };
  const error = errorParameter.exec(String(headers.location))?.[1];
  return error === undefined
    ? undefined
    : { refusal: kernelErrors.refused(`redirected with error=${error}`) };
}

/** Returns the header that leads to the page of an error, besides the links of the response. */
function linkToError({ headers: { link } }: Answer, error: string, pages: string | undefined): Headers {
  if (pages === undefined) return {};
  const help = `<${pages}${encodeURIComponent(error)}>; rel="help"`;
  return { link: link === undefined ? help : [link, help].flat() };
}

/** Records the reason of a refusal, if the response is one, in the log and for `explain`. In development, the response names it. */
export function noteRefusal(
  answer: Answer,
  request: Pick<HttpRequest, 'id' | 'method' | 'path' | 'headers' | 'address' | 'activity'>,
  options: RespondOptions,
): Answer {
  const because = becauseOf(answer);
  if (!because) return answer;
  const record = recordOf(because, answer.status, request, options.name ?? 'alongside');
  const meant =
    answer.status === 404 || answer.status === 400 ? options.nearestPath?.(request.path) : undefined;
  if (meant !== undefined) {
    record.detail = `${record.path}: did you mean ${meant}? ${record.detail}`.trim();
    record.facts = { received: record.path, expected: `${meant} (the nearest)`, ...record.facts };
  }
  const { activity } = request;
  if (activity) activity.refusal = { record, refusal: because.refusal };
  else writeLine(record, because.refusal, options);
  options.refusals?.record(record, request.address);
  return options.development
    ? answer.with({
        'x-message-id': request.id,
        'x-error-detail': inAscii(record.detail || record.description),
        ...linkToError(answer, record.error, options.errorPages),
      })
    : answer;
}

/** Renders a thrown error in the format of the route; plainly if the format fails. */
async function answerThrown(
  thrown: unknown,
  request: HttpRequest,
  { errors = plainError }: Pick<Responder, 'errors'>,
): Promise<Answer> {
  const failure = refusedIfUnavailable(thrown);
  try {
    const answer = (await errors(failure, request)).with(retryHeaders(failure));
    return answer.because ? answer : answer.refusing(refusalOf(failure));
  } catch (error) {
    // Storage that a thrown error found unavailable may fail the format too.
    const own = refusedIfUnavailable(error);
    return plainError(own, request).with(retryHeaders(own)).refusing(refusalOf(own));
  }
}

/** Returns the response to an error, in the format of the route, and records it. */
export const respondToError = async (
  thrown: unknown,
  request: HttpRequest,
  route: Responder,
  options: RespondOptions,
): Promise<Answer> => noteRefusal(await answerThrown(thrown, request, route), request, options);

/** Returns whether the percent-encoding of a text is valid and its bytes are UTF-8. */
export function decodes(text: string): boolean {
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export const damaged = (where: 'path' | 'query'): Refusal =>
  kernelErrors.addressDamaged(`the percent-encoding of the ${where} is damaged`);

/**
 * Runs the endpoint of a request, unless its query is damaged. A route with `rawQuery` validates its query itself, in its own
 * order. Records every refusal.
 */
export async function respond(
  request: HttpRequest,
  route: Responder,
  options: RespondOptions,
): Promise<Answer> {
  try {
    const early = options.before && (await options.before(request));
    if (early) return noteRefusal(early, request, options);
    if (!route.rawQuery && !decodes(request.query)) throw damaged('query');
    return noteRefusal(await route.endpoint(request), request, options);
  } catch (error) {
    return respondToError(error, request, route, options);
  }
}
