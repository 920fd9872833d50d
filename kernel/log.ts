import { pino } from 'pino';

type Write = (fields: Record<string, unknown>, message: string) => void;

/** Where a part writes what an operator reads. Never a PIN, a secret, a token or a patient's data. */
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

/** JSON lines on standard error. */
export function createLog(level: string, service: string): Log {
  const log = pino(
    {
      level,
      base: { service },
      redact: { paths: hidden.flatMap((name) => [name, `*.${name}`]), censor: '(hidden)' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  const writer =
    (name: 'debug' | 'info' | 'warn' | 'error'): Write =>
    (fields, message) =>
      log[name](fields, message);
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

/** Writes nothing: for tests. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
