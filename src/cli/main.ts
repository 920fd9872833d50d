import { callDirectly } from '@alongside/kernel/direct-calls';
import { printable } from '@alongside/kernel/operator';
import type { Output } from './command.ts';
import { stopped } from './outcome.ts';
import { Progress } from './progress.ts';
import { runCommandLine } from './run.ts';

// A reader such as `head` may close the pipe early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`The output cannot be written: ${error.message}.\n`);
  process.exit(1);
});

/** Lines of help and notes are not wider, because long lines are hard to read. */
const widest = 120;
const usual = 100;
// A terminal without a size, such as one in a container, reports 0 columns.
const width = Math.min(widest, Math.max(40, process.stdout.columns || usual));

const progress = new Progress({
  write: (text) => process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
  width: process.stderr.columns || usual,
});

/** Prints a line, in place of a shown progress. */
function print(stream: NodeJS.WriteStream, text: string): void {
  progress.clear();
  stream.write(`${printable(text)}\n`);
}

const out: Output = {
  line: (text) => print(process.stdout, text),
  json: (value) => print(process.stdout, JSON.stringify(value)),
  note: (text) => print(process.stderr, text),
  width,
  progress,
};

const argv = process.argv.slice(2);
// Commands that stop in order listen themselves. Files that are written at once are complete.
process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') > 1) return;
  process.exit(stopped(argv, out));
});

// `fetch` of the client library, in the commands for native applications.
callDirectly();

process.exitCode = await runCommandLine(argv, out);
progress.clear();
