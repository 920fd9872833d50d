import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';

/** How much an agent that runs alone writes; each level includes those after it. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Members that are never written, whatever holds them. */
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

/** JSON lines for an agent that runs alone, where the kernel's log would cost more memory than the agent has for it. */
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
