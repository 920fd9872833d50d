import { environment, isOn, nearest, type OperatorError, UsageError } from '@alongside/kernel/operator';
import { version } from '../version.ts';
import type { DescribedCommand, Output } from './command.ts';
import { allCommands, commandGroups, commandNames, loadCommand } from './commands.ts';
import { asksForJson, errorOf, exitCodes, isOperatorError, ownWords, textOf } from './outcome.ts';
import { Progress } from './progress.ts';
import { helpLines, paragraphs } from './table.ts';

/** Options of every command, for the help and the documentation. */
export const commonFlags: readonly (readonly [flag: string, about: string])[] = [
  ['--json', 'print one JSON line on standard output, also for an error: {"error": {"code", "message"}}'],
  ['--quiet', 'print no notes and no progress'],
  ['--help', 'explain the command'],
  ['--version', 'print the version'],
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
      'alongside COMMAND --help explains a command, and alongside identity-agent --help the agent of a workstation with a card reader. Every setting is also an environment variable: --port-base is ALONGSIDE_PORT_BASE.',
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

function printVersion(argv: readonly string[], out: Output): number {
  if (asksForJson(argv)) out.json({ version });
  else out.line(version);
  return 0;
}

async function dispatch(argv: readonly string[], out: Output): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const [asked] = rest;
    if (name === 'help' && asked !== undefined) return await dispatch([asked, '--help'], out);
    for (const line of help(out.width)) out.line(line);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === 'version') return printVersion(argv, out);
  if (name.startsWith('-'))
    throw new UsageError(
      `${name} is not a command.${nearest(name, ['--help', '--version'])} Write the command first, then its options.`,
    );
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
  if (own.includes('--version')) return printVersion(argv, out);
  return await command.run({ argv: rest, out, commands: allCommands });
}

/** Separates the words of another command, so that none of them is read as an option of this one. */
async function separated(argv: readonly string[]): Promise<readonly string[]> {
  const [name = '', ...rest] = argv;
  const separate = (await loadCommand(name))?.separate;
  return separate ? [name, ...separate(rest)] : argv;
}

const quiet = (out: Output): Output => ({ ...out, note: () => undefined, progress: new Progress() });

/** Runs a command line; resolves with its exit code. Prints a failure as one sentence, or with `--json` as one JSON line. */
export async function runCommandLine(given: readonly string[], out: Output): Promise<number> {
  const argv = await separated(given);
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
    return (error as Partial<OperatorError>)?.exitCode ?? 1;
  }
}
