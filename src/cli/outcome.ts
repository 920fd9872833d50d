import { reasonOf } from '@alongside/kernel/errors';
import { environment, isOn, OperatorError, UsageError } from '@alongside/kernel/operator';
import type { Output } from './command.ts';

// How a command line ends: its exit code, and its error as a sentence or as JSON.

/** Exit code of a command that Ctrl-C has stopped. */
export const interrupted = 130;

/** Exit codes, for the help and the documentation. */
export const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'success'],
  [
    '1',
    'a problem that you or an operator can fix; for doctor, check, validate and audit verify: problems were found',
  ],
  ['3', 'audit verify: no record was changed, but only anchors could show whether records were cut off'],
  ['2', 'wrong usage, or a setting that cannot be used'],
  ['130', 'stopped with Ctrl-C; up and serve that were ready stop with 0'],
  [
    'other',
    'only exec: the code of its command, 126 or 127 if that cannot be started, 128 and the number of a signal',
  ],
];

/** Returns the words before `--`; those behind it are another command's. */
export function ownWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
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
  /** Of the client library: what to do, which is not in the message. */
  advice?: string | undefined;
}

/** The database failed: its state is for the operator to repair, and its message has the reason. */
const operatorErrors: ReadonlySet<string> = new Set(['OperatorError', 'StorageError']);

const isDiskFull = (error: unknown): boolean => (error as NodeJS.ErrnoException)?.code === 'ENOSPC';

export const isOperatorError = (error: unknown): boolean =>
  error instanceof OperatorError || operatorErrors.has((error as Error)?.name) || isDiskFull(error);

const messageOf = (error: unknown): string =>
  isDiskFull(error) ? `The disk is full (${reasonOf(error)}). Free some space.` : reasonOf(error);

/** An error with a code: a refusal of the console, or an error of the client library, whose message is the problem and the advice. */
type CodedError = Error & Omit<CommandError, 'code'> & { error: string; problem?: string };

/** Recognizes it by its members: most command lines do not load the classes. */
const isCoded = (error: unknown): error is CodedError =>
  error instanceof Error && 'status' in error && 'error' in error;

export function errorOf(error: unknown): CommandError {
  const message = messageOf(error);
  if (isCoded(error)) {
    const { status, messageId, problem = message, advice } = error;
    return { code: error.error, message: problem, status, messageId, advice };
  }
  if ((error as Partial<OperatorError>)?.exitCode === 2) return { code: 'usage', message };
  return { code: isOperatorError(error) ? 'failed' : 'unexpected', message };
}

export const textOf = (error: unknown): string =>
  error instanceof UsageError || isOperatorError(error)
    ? messageOf(error)
    : String((error as Error)?.stack ?? error);

export const asksForJson = (argv: readonly string[]): boolean =>
  ownWords(argv).some((word) => word === '--json' || word === '--json=true') ||
  isOn(environment().ALONGSIDE_JSON);

/** Prints that the user stopped a command line; returns the exit code. */
export function stopped(argv: readonly string[], out: Output): number {
  const message = 'Stopped.';
  if (asksForJson(argv)) out.json({ error: { code: 'stopped', message } });
  else out.note(message);
  return interrupted;
}
