import { UsageError } from '@alongside/kernel/operator';

/** A call of a command, with unparsed words and flags. */
export interface Invocation {
  argv: readonly string[];
  out: Output;
}

/** The output of commands. Standard output is only for the result; everything else goes to standard error. */
export interface Output {
  /** Prints a line of the result. */
  line(text: string): void;
  /** Prints the whole result as one JSON line. */
  json(value: unknown): void;
  /** Prints a note for the user. */
  note(text: string): void;
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
}

/** One command of `alongside`, one file each. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Lines of `alongside COMMAND --help`, without the summary. */
  readonly help: readonly string[];
  /** Resolves with the exit code: 0 success, 1 refused or failed, 2 wrong usage. */
  run(invocation: Invocation): Promise<number>;
}

/** Returns a required word. */
export function word(words: readonly string[], index: number, what: string): string {
  const value = words[index];
  if (value === undefined) throw new UsageError(`Missing: ${what}.`);
  return value;
}

/** Refuses more words than a command takes. */
export function noMore(words: readonly string[], count: number): void {
  const extra = words[count];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many.`);
}

/** Returns the requested subcommand from a literal table. */
export function choose<T>(table: Readonly<Record<string, T>>, words: readonly string[], command: string): T {
  const names = Object.keys(table).join(', ');
  const chosen = words[0];
  if (chosen === undefined)
    throw new UsageError(`Add a subcommand: alongside ${command} ${Object.keys(table).join('|')}.`);
  const found = Object.hasOwn(table, chosen) ? table[chosen] : undefined;
  if (found === undefined)
    throw new UsageError(`alongside ${command} does not know "${chosen}"; it knows ${names}.`);
  return found;
}
