import { constants } from 'node:os';
import { pause } from '../retry.ts';
import type { Terminal } from './commands.ts';

/** The terminal of this process. `exitCode` returns 128 and the number of the signal that ended the command, if one did. */
export function processTerminal({ endWithInput }: { endWithInput: boolean }): {
  terminal: Terminal;
  exitCode(code: number): number;
} {
  const abort = new AbortController();
  let ended: NodeJS.Signals | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      ended = signal;
      abort.abort();
    });
  }
  if (endWithInput) process.stdin.once('end', () => abort.abort()).resume();
  return {
    terminal: {
      line: (text) => void process.stdout.write(`${text}\n`),
      note: (text) => void process.stderr.write(`${text}\n`),
      input: async () => {
        let text = '';
        process.stdin.setEncoding('utf8');
        for await (const piece of process.stdin) text += piece;
        return text;
      },
      wait: pause,
      signal: abort.signal,
    },
    exitCode: (code) => (ended === undefined ? code : 128 + constants.signals[ended]),
  };
}
