import { reasonOf } from '@alongside/kernel/errors';
import { environment, isOn, nearest, OperatorError, UsageError } from '@alongside/kernel/operator';
import { version } from '../version.ts';
import type { Output } from './command.ts';
import { allCommands, commandGroups, commandNames, type DescribedCommand, loadCommand } from './commands.ts';
import { Progress } from './progress.ts';
import { helpLines, paragraphs } from './table.ts';

/** Exit code of a command that Ctrl-C has stopped. */
export const interrupted = 130;

/** Exit codes, for the help and the documentation. */
export const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'success'],
  [
    '1',
    'a problem that you or an operator can fix; for doctor, check, validate and audit verify: problems were found',
  ],
  ['2', 'wrong usage'],
  ['130', 'stopped with Ctrl-C; up and serve that were ready stop with 0'],
  [
    'other',
    'only exec: the code of its command, 126 or 127 if that cannot be started, 128 and the number of a signal',
  ],
];

/** What every command takes, for the help and the documentation. */
export const commonFlags: readonly (readonly [flag: string, about: string])[] = [
  ['--json', 'print one JSON line on standard output, also for an error: {"error": {"code", "message"}}'],
  ['--quiet', 'print no notes and no progress'],
  ['--help', 'explain the command'],
];

/** The flags that select a running instance, for the help and the documentation. */
export const selection =
  'It calls the running instance that --state FILE, --data DIR, --port-base N or --config FILE selects (or ALONGSIDE_STATE and so on); by default that of .alongside/state.json in this folder, else the one at port 8400.';

const help = (width: number): string[] => [
  `alongside ${version}: one sign-in with a smartcard, then modern APIs`,
  '',
  'Usage: alongside COMMAND [words] [--flags]',
  ...commandGroups.flatMap(({ title, commands }) => [
    '',
    `${title}:`,
    ...helpLines(
      commands.map(([name, summary]) => [`  ${name.padEnd(22)}`, summary]),
      width,
    ),
  ]),
  '',
  'Every command:',
  ...helpLines(
    commonFlags.map(([flag, about]) => [`  ${flag.padEnd(22)}`, about]),
    width,
  ),
  '',
  'Exit codes:',
  ...helpLines(
    exitCodes.map(([code, meaning]) => [`  ${code.padEnd(22)}`, meaning]),
    width,
  ),
  '',
  ...paragraphs(
    [
      'alongside COMMAND --help explains a command. Every setting is also an environment variable: --port-base is ALONGSIDE_PORT_BASE.',
    ],
    width,
  ),
];

const helpOf = ({ name, summary, help, callsInstance }: DescribedCommand, width: number): string[] => [
  ...paragraphs([`alongside ${name}: ${summary}`], width),
  '',
  ...help(width),
  ...(callsInstance ? ['', ...paragraphs([selection], width)] : []),
];

/** Returns the words before `--`; those behind it are another command's. */
function ownWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

async function dispatch(argv: readonly string[], out: Output): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const [asked] = rest;
    if (name === 'help' && asked !== undefined) return await dispatch([asked, '--help'], out);
    for (const line of help(out.width)) out.line(line);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === 'version') {
    out.line(version);
    return 0;
  }
  const command = await loadCommand(name);
  if (!command)
    throw new UsageError(
      `There is no command "${name}".${nearest(name, commandNames)} alongside --help lists them.`,
    );
  const own = ownWords(rest);
  if (own.includes('--help') || own.includes('-h')) {
    for (const line of helpOf(command, out.width)) out.line(line);
    return 0;
  }
  return await command.run({ argv: rest, out, commands: allCommands });
}

/** The member `error` in the JSON line of a failed command. */
interface CommandError {
  /** `usage`, `failed`, `unexpected`, or the code of the console's refusal. */
  code: string;
  message: string;
  /** Status of the console's response. */
  status?: number;
  /** Id for `alongside explain`. */
  messageId?: string | undefined;
}

const isOperatorError = (error: unknown): boolean =>
  error instanceof OperatorError || (error as Error)?.name === 'OperatorError';

/** Recognizes a refusal of the console by its members: most command lines do not load its class. */
const isRefusal = (error: unknown): error is OperatorError & CommandError & { error: string } =>
  error instanceof OperatorError && 'status' in error && 'error' in error;

function errorOf(error: unknown): CommandError {
  const message = reasonOf(error);
  if (isRefusal(error)) {
    const { status, messageId } = error;
    return { code: error.error, message, ...(status === undefined ? {} : { status }), messageId };
  }
  if (error instanceof UsageError) return { code: 'usage', message };
  return { code: isOperatorError(error) ? 'failed' : 'unexpected', message };
}

const textOf = (error: unknown): string =>
  error instanceof UsageError || isOperatorError(error)
    ? reasonOf(error)
    : String((error as Error)?.stack ?? error);

/** Returns the output without notes and progress. */
const quiet = (out: Output): Output => ({ ...out, note: () => undefined, progress: new Progress() });

const asksForJson = (argv: readonly string[]): boolean =>
  ownWords(argv).some((word) => word === '--json' || word === '--json=true') ||
  isOn(environment().ALONGSIDE_JSON);

/** Prints that the user stopped a command line; returns the exit code. */
export function stopped(argv: readonly string[], out: Output): number {
  const message = 'Stopped.';
  if (asksForJson(argv)) out.json({ error: { code: 'stopped', message } });
  else out.note(message);
  return interrupted;
}

/** Runs a command line; resolves with its exit code. Prints a failure as one sentence, or with `--json` as one JSON line. */
export async function runCommandLine(argv: readonly string[], out: Output): Promise<number> {
  let hasResult = false;
  const own = ownWords(argv);
  const isQuiet = own.includes('--quiet') || isOn(environment().ALONGSIDE_QUIET);
  const words = [...own.filter((word) => word !== '--quiet'), ...argv.slice(own.length)];
  const watched: Output = {
    ...(isQuiet ? quiet(out) : out),
    json(value) {
      hasResult = true;
      out.json(value);
    },
  };
  try {
    return await dispatch(words, watched);
  } catch (error) {
    const isUnexpected = !(error instanceof UsageError || isOperatorError(error));
    const wantsJson = asksForJson(argv);
    // After a result, standard output is complete.
    if (wantsJson && !hasResult) out.json({ error: errorOf(error) });
    if (!wantsJson || hasResult || isUnexpected) for (const line of textOf(error).split('\n')) out.note(line);
    return error instanceof UsageError ? 2 : 1;
  }
}
