import { nearest } from '@alongside/kernel/config';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { RefusedCall } from '../kit/console-api.ts';
import { version } from '../version.ts';
import type { Command, Output } from './command.ts';
import { allCommands, commandNames, loadCommand } from './commands.ts';
import { columns } from './table.ts';

async function help(): Promise<string[]> {
  const commands = await allCommands();
  return [
    `alongside ${version}: one sign-in with a smartcard, then modern APIs`,
    '',
    'Usage: alongside COMMAND [words] [--flags]',
    '',
    ...columns(commands.map((command) => [`  ${command.name}`, command.summary])),
    '',
    'See alongside COMMAND --help. Every flag is also an environment variable (--port-base is ALONGSIDE_PORT_BASE).',
    'With --json a command that fails prints {"error": {"code", "message"}} and exits with the same code as without.',
  ];
}

const helpOf = (command: Command): string[] => [
  `alongside ${command.name}: ${command.summary}`,
  '',
  ...command.help,
];

/** Returns the words before `--`; those behind it are another command's. */
function ownWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

async function dispatch(argv: readonly string[], out: Output): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    for (const line of await help()) out.line(line);
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
    for (const line of helpOf(command)) out.line(line);
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

function errorOf(error: unknown): CommandError {
  const message = reasonOf(error);
  if (error instanceof RefusedCall)
    return { code: error.error, message, status: error.status, messageId: error.messageId };
  if (error instanceof UsageError) return { code: 'usage', message };
  return { code: isOperatorError(error) ? 'failed' : 'unexpected', message };
}

const textOf = (error: unknown): string =>
  error instanceof UsageError || isOperatorError(error)
    ? reasonOf(error)
    : String((error as Error)?.stack ?? error);

/** Runs a command line; resolves with its exit code. Prints a failure as one sentence, or with `--json` as one JSON line. */
export async function runCommandLine(argv: readonly string[], out: Output): Promise<number> {
  let hasResult = false;
  const watched: Output = {
    ...out,
    json(value) {
      hasResult = true;
      out.json(value);
    },
  };
  try {
    return await dispatch(argv, watched);
  } catch (error) {
    const isUnexpected = !(error instanceof UsageError || isOperatorError(error));
    const wantsJson = ownWords(argv).some((word) => word === '--json' || word === '--json=true');
    // After a result, standard output is complete.
    if (wantsJson && !hasResult) out.json({ error: errorOf(error) });
    if (!wantsJson || hasResult || isUnexpected) for (const line of textOf(error).split('\n')) out.note(line);
    return error instanceof UsageError ? 2 : 1;
  }
}
