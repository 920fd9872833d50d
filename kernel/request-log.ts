import type { Activity, RequestObserver } from './activity.ts';
import { reasonOf } from './errors.ts';
import { type LineLog, listMember, member } from './log.ts';

interface RequestLogOptions {
  logOf: (service: string) => LineLog;
  /** Whether requests that succeed are logged at `info` too. */
  logsAll: boolean;
  /** Messages of the acts that are logged at `info` in any case, such as sign-ins. */
  notable: ReadonlyMap<string, string>;
  /** Routes that a monitor calls all the time: they are logged when they fail. */
  polled: ReadonlySet<string>;
}

/** The members of a line, in order. Never a query, a body, a value of the path or a token. */
function membersOf(request: Activity, failure?: { detail: string; stack: string | undefined }): string {
  const { refusal, caller, acts, status } = request;
  const outcome = refusal === undefined ? 'ok' : status >= 500 ? 'failed' : 'refused';
  return (
    `,"id":"${request.id}"${member('traceId', request.traceId)}${member('journey', request.journey)}` +
    `${member('method', request.method)}${member('route', request.route)},"status":${status}` +
    `,"ms":${Math.round(request.milliseconds * 10) / 10}${member('application', caller.application)}` +
    `${member('client', caller.client)}${member('user', caller.user)}${member('api', caller.api)}` +
    `,"outcome":"${outcome}"${member('error', refusal?.record.error)}` +
    `${member('detail', failure?.detail ?? refusal?.record.detail)}` +
    `${
      acts.length === 0 ? '' : listMember('acts', [...new Set(acts.map(({ name }) => name))])
    }${member('address', request.address)}${member('stack', failure?.stack)}`
  );
}

/** Writes one line for each request, once its journey is known. */
export function requestLog({ logOf, logsAll, notable, polled }: RequestLogOptions): RequestObserver {
  const logs = new Map<string, LineLog>();
  function logFor(service: string): LineLog {
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
    if (refusal !== undefined) {
      const { cause } = refusal.refusal;
      if (cause === undefined || status < 500) {
        if (log.writes('info')) log.write('info', membersOf(request), 'refused');
        return;
      }
      const failure = { detail: reasonOf(cause), stack: (cause as Error)?.stack };
      if (log.writes('error')) log.write('error', membersOf(request, failure), 'failed');
      return;
    }
    const act = acts.find(({ name, outcome }) => outcome === 'ok' && notable.has(name));
    const isAtInfo = act !== undefined || (logsAll && !isInternal && !polled.has(route));
    const level = isAtInfo ? 'info' : 'debug';
    if (log.writes(level)) log.write(level, membersOf(request), notable.get(act?.name ?? '') ?? 'request');
  }

  return {
    began: () => undefined,
    ended: (request) => request.whenDecided(() => write(request)),
  };
}
