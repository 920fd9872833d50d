import { type DestinationStream, pino } from 'pino';

type Write = (fields: Record<string, unknown>, message: string) => void;

/** Writes the operator's log. Never log a PIN, a secret, a token or patient data. */
export interface Log {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}

const hidden = [
  'authorization',
  'cookie',
  'pin',
  'secret',
  'password',
  'token',
  'assertion',
  'code',
  'client_secret',
];

/** A level that can change while the process runs. */
export interface LogLevel {
  current: string;
}

/** Shared by all logs of the process. */
let standardError: DestinationStream | undefined;

/** Creates a log that writes JSON lines to standard error. */
export function createLog(level: string | LogLevel, service: string): Log {
  const wanted = typeof level === 'string' ? { current: level } : level;
  standardError ??= pino.destination({ dest: 2, sync: true });
  const log = pino(
    {
      level: wanted.current,
      base: { service },
      redact: { paths: hidden.flatMap((name) => [name, `*.${name}`]), censor: '(hidden)' },
    },
    standardError,
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
