import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { isSea } from 'node:sea';
import { readFlags, separateCommand } from '@alongside/kernel/config';
import { exceptionsFor } from '@alongside/kernel/direct-calls';
import { environment, isMissing, OperatorError, UsageError } from '@alongside/kernel/operator';
import { startOf } from '@alongside/kernel/windows-command';
import { z } from 'zod';
import { configShape } from '../../config.ts';
import { openInstance } from '../../kit/instance.ts';
import { startInstanceProcess } from '../../kit/instance-process.ts';
import { type Command, exampleLines, flagNames, noMore, type Output } from '../command.ts';
import { fileProblem } from '../json-file.ts';
import { paragraphs } from '../table.ts';

const ownFlags = { person: z.string().optional(), pin: z.string().optional(), role: z.string().optional() };

/** Exit codes of a shell: a command that cannot be executed, and one that does not exist. */
const notExecutable = 126;
const notFound = 127;

interface Request {
  flags: { person?: string; pin?: string; role?: string };
  /** Options of `alongside up`. */
  upFlags: readonly string[];
  command: readonly [string, ...string[]];
}

/** Takes this command's own flags from the arguments before `--`. */
function readRequest(argv: readonly string[]): Request {
  const end = argv.indexOf('--');
  const [executable, ...args] = end === -1 ? [] : argv.slice(end + 1);
  if (!executable) throw new UsageError('Add the command after "--", such as alongside exec -- npm test.');
  const given = argv.slice(0, end);
  const { flags, words } = readFlags({ ...configShape, ...ownFlags }, given);
  noMore(words, 0);
  const own = Object.keys(ownFlags);
  const answer = ['pin', 'role'].find((key) => flags.person === undefined && key in flags);
  if (answer) throw new UsageError(`--${answer} needs --person.`);
  const upFlags = Object.entries(flags).flatMap(([key, value]) => {
    if (own.includes(key)) return [];
    const [name = ''] = flagNames([key]);
    return typeof value === 'boolean' ? [value ? name : name.replace('--', '--no-')] : [name, String(value)];
  });
  return { flags: flags as Request['flags'], upFlags, command: [executable, ...args] };
}

/** Runs a command with the terminal of this process. Signals to this process are passed on. */
async function run([executable, ...args]: Request['command'], env: Record<string, string>): Promise<number> {
  let child: ChildProcess | undefined;
  // Before the command starts, which may be faster than this process.
  const release = listen({
    // A terminal sends Ctrl-C to the command itself.
    SIGINT: () => process.stdin.isTTY || child?.kill('SIGINT'),
    SIGTERM: () => child?.kill('SIGTERM'),
    SIGHUP: () => child?.kill('SIGHUP'),
  });
  try {
    const start = startOf(executable, args);
    if (!start) throw Object.assign(new Error(), { code: 'ENOENT' });
    child = spawn(start.file, start.args, {
      ...start.options,
      stdio: 'inherit',
      env: { ...environment(), ...exceptionsFor(environment()), ...env },
    });
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal ?? 'SIGTERM'];
  } catch (error) {
    throw startError(executable, error);
  } finally {
    release();
  }
}

/** Listens to signals until the returned function is called. */
function listen(handlers: Partial<Record<NodeJS.Signals, () => unknown>>): () => void {
  const all = Object.entries(handlers);
  for (const [signal, handler] of all) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of all) process.off(signal, handler);
  };
}

/** Returns the error of a command that did not start, with the exit code of a shell. */
function startError(executable: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return Object.assign(error, { exitCode: notExecutable });
  const message = isMissing(error)
    ? `There is no command "${executable}". Do not quote the command as a whole, and put npx before a program of node_modules.`
    : `The command "${executable}" cannot be executed: ${fileProblem(error)}.`;
  const exitCode = isMissing(error) ? notFound : notExecutable;
  return Object.assign(new OperatorError(message), { exitCode });
}

async function execute({ flags, upFlags, command }: Request, out: Output): Promise<number> {
  const began = performance.now();
  const started = await startInstanceProcess({
    program: isSea() ? [process.execPath] : [process.execPath, process.argv[1] ?? ''],
    args: upFlags,
  });
  let isOver = false;
  void started.ended.then((reason) => isOver || out.note(`Alongside stopped early: ${reason}.`));
  const { urls, stateFile } = started.state;
  try {
    const instance = await openInstance(urls.console, { ...started, began });
    out.note(`Alongside is ready after ${Math.round(performance.now() - began)} ms at ${urls.console}`);
    const { person, ...answers } = flags;
    if (person !== undefined) {
      const { state } = await instance.desk(person, answers);
      if (answers.pin !== undefined && state !== 'signedIn')
        throw new OperatorError(
          'The agent of this generation asks for the PIN when an application signs in: leave out --pin.',
        );
      out.note(
        state === 'signedIn'
          ? `${person} is signed in at the desk.`
          : `The card of ${person} is in the reader; the agent asks for its PIN when an application signs in.`,
      );
    }
    const code = await run(command, { ...(await instance.env()), ALONGSIDE_STATE: stateFile });
    if (code !== 0 && code < 128) {
      out.note(`${command[0]} ended with code ${code}.`);
      for (const line of ['', ...(await instance.report()).split('\n')]) out.note(line);
    }
    return code;
  } finally {
    isOver = true;
    await started.stop();
  }
}

export const exec: Command = {
  name: 'exec',
  help: (width) => [
    'alongside exec [flags of up] [--person P [--pin PIN] [--role R]] [--] COMMAND [words]',
    '',
    ...paragraphs(
      [
        'Starts an ephemeral instance on free ports and signs the person in at the desk. COMMAND begins after -- or with the first word that is no option. It gets the variables of "alongside status --env" and ALONGSIDE_STATE, which selects the instance for other commands; NO_PROXY and no_proxy also name this machine. Several may run at once. The exit code is that of the command (128 and its number for a signal, 127 if there is no such command). If the command fails, the refused requests, the last journey and the end of the log follow on standard error.',
      ],
      width,
    ),
    ...exampleLines(['alongside exec --person gp -- npm test']),
  ],
  subcommands: [],
  separate: (argv) => separateCommand({ ...configShape, ...ownFlags }, argv),
  flags: flagNames([...Object.keys(ownFlags), ...Object.keys(configShape)]),
  run: ({ argv, out }) => execute(readRequest(argv), out),
};
