import { Answer, type Headers } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { EarlyRefusal } from '@alongside/kernel/request';
import { retryHeaders, Unavailable } from '@alongside/kernel/unavailable';
import type { Api } from './api.ts';
import { recordCall } from './audit.ts';
import { challengeOf } from './challenge.ts';
import type { Dependencies } from './dependencies.ts';
import { rendererOf } from './errors/registry.ts';
import { faults } from './faults.ts';
import { pipeline } from './pipeline.ts';
import { recordEnding } from './record.ts';
import type { Trace } from './trace.ts';

/** Returns the ids that the client sent, for the response. */
function mirrored({ headers }: HttpRequest): Headers {
  const back: Headers = {};
  for (const name of ['x-request-id', 'x-correlation-id']) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') back[name] = value;
  }
  return back;
}

/** Returns any thrown value as a refusal. An unexpected error becomes the catch-all; its cause is only logged. */
function refusalOf(thrown: unknown, messageId: string): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (thrown instanceof Unavailable) return faults.unavailable(thrown.message, { messageId }, thrown);
  return faults.unexpected('see the log', { messageId }, thrown);
}

/** Returns the refusal for a request that the server refused before the rules. */
function earlyFault({ status, reason }: EarlyRefusal): Refusal | Error {
  if (status === 503) return new Unavailable(reason);
  if (status >= 500) return new Error(reason);
  return (status === 413 ? faults.bodyTooLarge : faults.requestMalformed)(reason);
}

/** Converts a text body to bytes: the HTTP server would add a charset to the published content types. */
const inBytes = ({ status, headers, body, because }: Answer): Answer =>
  new Answer(status, headers, Buffer.from(body), because);

/** Creates the endpoint of one API: rules, error format, mirrored ids, event, log line and recorded refusal. */
export function apiEndpoint(
  api: Api,
  dependencies: Dependencies,
  early?: EarlyRefusal,
): (request: HttpRequest) => Promise<Answer> {
  const rules = pipeline(dependencies);
  const renderer = rendererOf(api.errors);
  return async (request) => {
    const trace: Trace = {};
    const verb = request.method === 'HEAD' ? 'GET' : request.method;
    const path = request.path.slice(api.basePath.length);
    const call = { request, api, verb, path, trace };
    const ending = { id: request.id, api, verb, trace, address: request.address };
    try {
      if (early) throw earlyFault(early);
      const passed = await rules.run({ request, api, verb, path, query: request.query, trace });
      const fresh: Headers = trace.nonce === undefined ? {} : { 'dpop-nonce': trace.nonce };
      const answer = passed.with({ ...(api.swapsIds ? mirrored(request) : {}), ...fresh });
      await recordCall(dependencies, call, answer);
      recordEnding(dependencies, { ...ending, answer, rule: undefined, detail: '' });
      return inBytes(answer);
    } catch (thrown) {
      const refusal = refusalOf(thrown, request.id);
      const ids = api.swapsIds && renderer.mirrors(refusal) ? mirrored(request) : {};
      const answer = renderer
        .render(refusal)
        .with({ ...ids, ...challengeOf(refusal, trace), ...retryHeaders(refusal) })
        .refusing(refusal, api.basePath + (trace.operation ?? ''));
      await recordCall(dependencies, call, answer, refusal.entry.id).catch((error: unknown) =>
        dependencies.log.error({ id: request.id, reason: reasonOf(error) }, 'a refusal could not be audited'),
      );
      recordEnding(dependencies, { ...ending, answer, rule: refusal.entry.id, detail: refusal.detail });
      return inBytes(answer);
    }
  };
}
