import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';

/** Log levels of an agent that runs alone; each level includes those after it. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Members that are never logged. */
const hidden = new Set([
  'authorization',
  'cookie',
  'pin',
  'newPin',
  'secret',
  'password',
  'token',
  'code',
  'ticket',
]);

/** Writes JSON lines for an agent that runs alone, because the kernel's log needs too much memory. */
export function createDeskLog(level: LogLevel, clock: Clock, write: (line: string) => void): Log {
  const least = logLevels.indexOf(level);
  const writer = (name: 'debug' | 'info' | 'warn' | 'error') => {
    if (logLevels.indexOf(name) < least) return () => undefined;
    return (fields: Record<string, unknown>, message: string): void => {
      const time = new Date(clock.now()).toISOString();
      const line = { level: name, time, service: 'identity-agent', ...fields, msg: message };
      write(`${JSON.stringify(line, (key, value) => (hidden.has(key) ? '(hidden)' : value))}\n`);
    };
  };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}
