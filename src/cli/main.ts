import { printable } from '@alongside/kernel/operator';
import type { Output } from './command.ts';
import { runCommandLine } from './run.ts';

// A reader such as `head` may close the pipe early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const out: Output = {
  line: (text) => void process.stdout.write(`${printable(text)}\n`),
  json: (value) => void process.stdout.write(`${printable(JSON.stringify(value))}\n`),
  note: (text) => void process.stderr.write(`${printable(text)}\n`),
  terminal: process.stdout.isTTY === true,
};

process.exitCode = await runCommandLine(process.argv.slice(2), out);
