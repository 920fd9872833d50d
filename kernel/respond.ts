import { type Answer, json } from './answer.ts';
import { damageOf } from './damaged-address.ts';
import { Refusal, reasonOf } from './errors.ts';
import type { Log } from './log.ts';
import type { Endpoint, HttpRequest, Route } from './request.ts';
import { refusedIfUnavailable, retryHeaders, Unavailable } from './unavailable.ts';

/** How a service answers what is no success, whatever its requests come through. */
export interface Manners {
  log: Log;
  /** A step that may answer before any route: an allow-list of hosts, say. */
  before?: (request: HttpRequest) => Answer | undefined | Promise<Answer | undefined>;
  /** Turns what an endpoint threw into an answer; the default is a plain JSON body. */
  onError?: (thrown: unknown, request: HttpRequest) => Answer;
}

/** A path as it may stand in a log: without what may be a token, of a one-time link say, or the number of a person. */
const withoutTokens = (path: string): string =>
  path
    .slice(0, 500)
    .replaceAll(/\d{9,}/g, '…')
    .replaceAll(/[\w-]{20,}/g, (run) => (/\d/.test(run) && /[A-Z]/.test(run) ? '…' : run));

/** The plain answer to anything that an endpoint did not turn into one of its own. */
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

/** What is said where no route leads to. */
export const nothingHere: { endpoint: Endpoint } = {
  endpoint: async () =>
    json(404, { error: 'not_found', error_description: 'There is nothing at this address.' }),
};

/** Runs an endpoint, or `early` in its place where the address is damaged; what it throws is logged and becomes an answer. */
export async function respond(
  request: HttpRequest,
  way: Pick<Route, 'endpoint' | 'early'>,
  manners: Manners,
): Promise<Answer> {
  try {
    const answered = await manners.before?.(request);
    if (answered) return answered;
    const damage = damageOf(request, way);
    if (!damage) return await way.endpoint(request);
    if (!way.early) throw damage;
    return await way.early({ status: damage.entry.status, reason: damage.detail })(request);
  } catch (thrown) {
    return answerThrown(thrown, request, way, manners, 'refused');
  }
}

/** Answers for an endpoint that threw, or whose events could not be kept; where the route has its own words, in those. */
export async function answerThrown(
  thrown: unknown,
  request: HttpRequest,
  { early }: Pick<Route, 'early'>,
  manners: Manners,
  message: string,
): Promise<Answer> {
  const answer = answerFailure(thrown, request, manners, message);
  if (!early || !(thrown instanceof Unavailable)) return answer;
  return early({ status: 503, reason: reasonOf(thrown) })(request).catch(() => answer);
}

/** Logs what was thrown and renders it. */
function answerFailure(
  thrown: unknown,
  request: HttpRequest,
  { log, onError = plainError }: Manners,
  message: string,
): Answer {
  const failure = refusedIfUnavailable(thrown);
  const refused = failure instanceof Refusal;
  log[refused && failure.entry.status < 500 ? 'info' : 'error'](
    {
      id: request.id,
      error: refused ? failure.entry.id : 'unexpected',
      detail: refused ? failure.detail : reasonOf(failure),
      stack: refused ? undefined : (failure as Error)?.stack,
      path: withoutTokens(request.path),
    },
    message,
  );
  return onError(failure, request).with(retryHeaders(failure));
}
