import { type DestinationStream, pino } from 'pino';
import type { Activity, RequestObserver } from './activity.ts';
import { systemClock } from './clock.ts';
import { reasonOf } from './errors.ts';
import { LogFile, type LogFileOptions } from './log-file.ts';
import { printable } from './operator.ts';
import { withoutSecrets } from './secret-names.ts';

type Write = (fields: Record<string, unknown>, message: string) => void;

/** Writes the operator's log. Never log a PIN, a secret, a token or patient data. */
export interface Log {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}

/** A level that can change while the process runs. */
export interface LogLevel {
  current: string;
}

/** Characters of lines that are written together, and milliseconds for which the lines after one wait for others. */
const gathered = 65_536;
const gatherFor = 20;
/** Bytes that may wait while the reader of the log reads nothing; further lines are lost. */
const maxWaiting = 16 * 1_048_576;

/** Tests for characters that the log escapes and JSON does not: controls, direction marks, unassigned ones (ASVS 5.0, 16.4.1). */
const suspect = /[^\x20-\x7e\n]/;

type Format = (line: string) => string;
const escaped: Format = (line) => (suspect.test(line) ? `${printable(line.slice(0, -1))}\n` : line);

/**
 * The standard error of the process, or a file instead, for all its logs, without waiting for it. The end of the process writes the
 * rest.
 */
class LogOutput implements DestinationStream {
  #destination: Pick<LogFile, 'write' | 'flushSync'> = pino.destination({
    dest: 2,
    // Threads of Windows may begin so late that the last lines overtake theirs.
    sync: process.platform === 'win32',
    maxLength: maxWaiting,
  });
  #format: Format = (line) => line;
  #lines = '';
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    process.on('beforeExit', () => this.#send());
    // Also after an error that nothing caught.
    process.on('exit', () => {
      if (this.#send()) this.#destination.flushSync();
    });
  }

  write(line: string): void {
    this.add(escaped(line));
  }

  /** Writes a line without suspect characters. */
  add(line: string): void {
    this.#lines += this.#format(line);
    if (this.#timer && this.#lines.length < gathered) return;
    this.#send();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, gatherFor).unref();
  }

  use(format: Format): void {
    this.#format = format;
  }

  useFile(options: LogFileOptions): void {
    const report = (message: string) => void process.stderr.write(`${message}\n`);
    this.#destination = new LogFile(options, maxWaiting, report);
  }

  /** Returns whether there were lines. */
  #send(): boolean {
    const lines = this.#lines;
    this.#lines = '';
    if (lines !== '') this.#destination.write(lines);
    return lines !== '';
  }
}

let logOutput: LogOutput | undefined;
const output = (): LogOutput => {
  logOutput ??= new LogOutput();
  return logOutput;
};

/** Writes the lines of all logs of this process in another form than JSON, for people. */
export const formatLog = (format: Format): void => output().use(format);

/** Writes the lines of all logs of this process to a file instead of standard error. @throws OperatorError */
export const logToFile = (options: LogFileOptions): void => output().useFile(options);

/** Writes lines that another process has made by its log, of which the last may not be complete. */
export const logLines = (lines: string): void => output().add(lines);

/** The numbers of pino for the levels. */
const levels: Readonly<Record<string, number>> = { debug: 20, info: 30, warn: 40, error: 50, silent: 100 };
type Level = keyof Log;

/** Text that JSON and the log write as it is. */
const unescaped = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
/** Returns a text as JSON, with the characters escaped that the log escapes. */
const quoted = (text: string): string =>
  unescaped.test(text) ? `"${text}"` : printable(JSON.stringify(text));

/** Returns a member of a line, after a comma; nothing for an undefined or empty value. */
export const member = (name: string, value: string | null | undefined): string =>
  value ? `,"${name}":${quoted(value)}` : '';

/** Returns a member that is a list of texts; nothing for an empty one. */
export const listMember = (name: string, values: readonly string[]): string =>
  values.length === 0 ? '' : `,"${name}":[${values.map(quoted).join()}]`;

/** Writes lines whose members are known and made by `member`: a third of the time of an object, and no redaction. */
export interface LineLog {
  /** Returns whether lines of a level are written. */
  writes(level: Level): boolean;
  write(level: Level, members: string, message: string): void;
}

/** Creates a log that writes lines in the form of pino. */
export function createLineLog(wanted: LogLevel, service: string): LineLog {
  const own = quoted(service);
  return {
    writes: (level) => (levels[level] ?? 0) >= (levels[wanted.current] ?? 0),
    write: (level, members, message) =>
      output().add(
        `{"level":${levels[level]},"time":${systemClock.now()},"service":${own}${members},"msg":"${message}"}\n`,
      ),
  };
}

/** Creates a log that writes JSON lines to standard error, soon after, and hides members with the names of secrets. */
export function createLog(level: string | LogLevel, service: string): Log {
  const wanted = typeof level === 'string' ? { current: level } : level;
  const log = pino(
    {
      level: wanted.current,
      base: { service },
      formatters: { log: withoutSecrets },
    },
    output(),
  );
  const writer =
    (name: 'debug' | 'info' | 'warn' | 'error'): Write =>
    (fields, message) => {
      if (log.level !== wanted.current) log.level = wanted.current;
      log[name](fields, message);
    };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

/** Discards everything, for tests. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

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
  const failureOf = status >= 500 ? 'failed' : 'refused';
  const outcome = refusal === undefined ? 'ok' : failureOf;
  return (
    `,"id":"${request.id}"${member('traceId', request.traceId)}${member('journey', request.journey)}` +
    `${member('method', request.method)}${member('route', request.route)},"status":${status}` +
    `,"ms":${Math.round(request.milliseconds * 10) / 10}${member('application', caller.application)}` +
    `${member('client', caller.client)}${member('user', caller.user)}${member('api', caller.api)}` +
    `,"outcome":"${outcome}"${member('error', refusal?.record.error)}` +
    `${member('detail', failure?.detail ?? refusal?.record.detail)}` +
    `${
      acts.length === 0 ? '' : listMember('acts', [...new Set(acts.map(({ action }) => action))])
    }${member('address', request.address)}${member('stack', failure?.stack)}`
  );
}

/** Writes one line for each request. */
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
    const act = acts.find(({ action, outcome }) => outcome === 'ok' && notable.has(action));
    const isAtInfo = act !== undefined || (logsAll && !isInternal && !polled.has(route));
    const level = isAtInfo ? 'info' : 'debug';
    if (log.writes(level)) log.write(level, membersOf(request), notable.get(act?.action ?? '') ?? 'request');
  }

  return { ended: write };
}
