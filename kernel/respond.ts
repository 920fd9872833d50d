import { Answer, type Headers, json, type RefusedBecause } from './answer.ts';
import { damageOf } from './damaged-address.ts';
import { Refusal, reasonOf } from './errors.ts';
import { kernelErrors } from './kernel-errors.ts';
import type { Log } from './log.ts';
import { type RefusalRecord, type RefusalRecorder, recordOf } from './refusals.ts';
import type { ErrorFormat, HttpRequest, Route } from './request.ts';
import { refusedIfUnavailable, retryHeaders, Unavailable } from './unavailable.ts';

/** How a service responds to errors. */
export interface Manners {
  /** Name in the log and in the records of refusals. */
  name?: string;
  log: Log;
  /** Records why requests were refused. */
  refusals?: RefusalRecorder | undefined;
  /** In development, the header `X-Error-Detail` contains the reason of a refusal. */
  development?: boolean;
  /** Suggests a path for a mistyped one, in development. */
  nearestPath?: ((path: string) => string | undefined) | undefined;
  /** Runs before the routes and may respond, for example with an allow-list of hosts. */
  before?: (request: HttpRequest) => Answer | undefined | Promise<Answer | undefined>;
  /** Renders an error that an endpoint threw. The default is a plain JSON body. */
  onError?: ErrorFormat;
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
export type Way = Pick<Route, 'endpoint' | 'errors' | 'rawQuery' | 'early'>;

/** Responds to requests without a route. */
export const nothingHere: Way = {
  async endpoint(request) {
    const refusal = kernelErrors.nothingHere('no route has this path and method');
    return plainError(refusal, request).refusing(refusal);
  },
};

/** Returns the response to an unsupported method (RFC 9110 section 15.5.6). */
export const methodNotAllowed = (allow: string, headers: Headers = {}): Answer =>
  new Answer(405, { allow, 'content-type': 'text/plain', ...headers }).refusing(
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

function writeLine(
  { messageId: id, error, detail, path }: RefusalRecord,
  { entry, cause }: Refusal,
  { log }: Manners,
): void {
  if (entry.status < 500 || cause === undefined) log.info({ id, error, detail, path }, 'refused');
  else log.error({ id, error, detail: reasonOf(cause), stack: (cause as Error)?.stack, path }, 'failed');
}

/** An OAuth error in the query, the fragment or a parameter of the target (RFC 6749 section 4.1.2.1). */
const errorParameter = /[?&#]error=([^&#]*)/;

/** Returns the reason of a refusal: the one of its renderer, else the status or the error of the redirect. */
function becauseOf({ because, status, headers }: Answer): RefusedBecause | undefined {
  if (because !== undefined) return because ?? undefined;
  if (status >= 400) return { refusal: kernelErrors.refused(`answered ${status}`) };
  const [, error] = (status >= 300 && errorParameter.exec(String(headers.location))) || [];
  return error === undefined
    ? undefined
    : { refusal: kernelErrors.refused(`redirected with error=${error}`) };
}

/** Records the reason of a refusal in the log and for `explain`, and adds the message id to the response. */
export function noteRefusal(
  answer: Answer,
  request: Pick<HttpRequest, 'id' | 'method' | 'path' | 'headers' | 'address'>,
  manners: Manners,
): Answer {
  const marks: Headers = { 'x-message-id': request.id };
  const because = becauseOf(answer);
  if (because) {
    const record = recordOf(because, answer.status, request, manners.name ?? 'alongside');
    const meant =
      answer.status === 404 || answer.status === 400 ? manners.nearestPath?.(request.path) : undefined;
    if (meant !== undefined)
      record.detail = `${request.path}: did you mean ${meant}? ${record.detail}`.trim();
    writeLine(record, because.refusal, manners);
    manners.refusals?.record(record, request.address);
    if (manners.development) marks['x-error-detail'] = inAscii(record.detail || record.description);
  }
  return answer.with(marks);
}

/** Renders a thrown error in the format of the route. */
export async function answerThrown(
  thrown: unknown,
  request: HttpRequest,
  { errors, early }: Pick<Way, 'errors' | 'early'>,
  { onError = plainError }: Manners,
): Promise<Answer> {
  const failure = refusedIfUnavailable(thrown);
  const rendered = async () => {
    const answer = (await (errors ?? onError)(failure, request)).with(retryHeaders(failure));
    return answer.because ? answer : answer.refusing(refusalOf(failure));
  };
  if (!early || !(thrown instanceof Unavailable)) return rendered();
  return early({ status: 503, reason: reasonOf(thrown) })(request).catch(rendered);
}

async function answerTo(request: HttpRequest, way: Way, manners: Manners): Promise<Answer> {
  const answered = await manners.before?.(request);
  if (answered) return answered;
  const damage = damageOf(request, way);
  if (!damage) return way.endpoint(request);
  if (!way.early) throw damage;
  return way.early({ status: damage.entry.status, reason: damage.detail })(request);
}

/** Runs an endpoint, unless the address is malformed. Records every refusal. */
export async function respond(request: HttpRequest, way: Way, manners: Manners): Promise<Answer> {
  const answer = await answerTo(request, way, manners).catch((thrown: unknown) =>
    answerThrown(thrown, request, way, manners),
  );
  return noteRefusal(answer, request, manners);
}
