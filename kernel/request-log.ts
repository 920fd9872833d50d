import type { Activity, RequestObserver } from './activity.ts';
import { reasonOf } from './errors.ts';
import type { Log } from './log.ts';

interface RequestLogOptions {
  /** Returns the log of a service. */
  logOf: (service: string) => Log;
  /** Whether requests that succeed are logged at `info` too. */
  logsAll: boolean;
  /** Messages of the acts that are logged at `info` in any case, such as sign-ins. */
  notable: ReadonlyMap<string, string>;
  /** Routes that a monitor calls all the time: they are logged when they fail. */
  polled: ReadonlySet<string>;
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

/** The members of a line, in order. Undefined ones are left out. Never a query, a body, a value of the path or a token. */
function fieldsOf(request: Activity): Record<string, unknown> {
  const { id, traceId, journey, method, route, status, address, refusal, caller, acts, milliseconds } =
    request;
  return {
    id,
    traceId,
    journey,
    method,
    route,
    status,
    ms: rounded(milliseconds),
    application: caller.application,
    client: caller.client,
    user: caller.user,
    api: caller.api,
    outcome: refusal === undefined ? 'ok' : status >= 500 ? 'failed' : 'refused',
    error: refusal?.record.error,
    detail: refusal?.record.detail || undefined,
    acts: acts.length === 0 ? undefined : acts.map(({ name }) => name),
    address,
  };
}

/** Writes one line for each request, once its journey is known. */
export function requestLog({ logOf, logsAll, notable, polled }: RequestLogOptions): RequestObserver {
  const logs = new Map<string, Log>();
  function logFor(service: string): Log {
    let log = logs.get(service);
    if (!log) {
      log = logOf(service);
      logs.set(service, log);
    }
    return log;
  }

  function write(request: Activity): void {
    const log = logFor(request.service);
    const { refusal, acts, status, isInternal, route } = request;
    const cause = refusal?.refusal.cause;
    if (refusal !== undefined && cause !== undefined && status >= 500) {
      const failure = { detail: reasonOf(cause), stack: (cause as Error)?.stack };
      log.error({ ...fieldsOf(request), ...failure }, 'failed');
      return;
    }
    if (refusal !== undefined) {
      log.info(fieldsOf(request), 'refused');
      return;
    }
    const act = acts.find(({ name, outcome }) => outcome === 'ok' && notable.has(name));
    if (act) log.info(fieldsOf(request), notable.get(act.name) ?? '');
    else if (logsAll && !isInternal && !polled.has(route)) log.info(fieldsOf(request), 'request');
    else log.debug(fieldsOf(request), 'request');
  }

  return {
    began: () => undefined,
    ended: (request) => request.whenDecided(() => write(request)),
  };
}
