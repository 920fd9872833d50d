import { UsageError } from '@alongside/kernel/operator';

/** What a command is given: its own words and flags, not yet read. */
export interface Invocation {
  argv: readonly string[];
  out: Output;
}

/** Where commands write. Standard output is for the result alone; everything else goes to standard error. */
export interface Output {
  /** A line of the result. */
  line(text: string): void;
  /** The whole result as one JSON line. */
  json(value: unknown): void;
  /** A remark for the person in front. */
  note(text: string): void;
  /** Whether a person reads standard output. */
  readonly terminal: boolean;
}

/** One command of `alongside`, one file each. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Lines of `alongside COMMAND --help`, without the summary. */
  readonly help: readonly string[];
  /** Resolves with the exit code: 0 done, 1 refused or failed, 2 called wrongly. */
  run(invocation: Invocation): Promise<number>;
}

/** Takes the word that must be there. */
export function word(words: readonly string[], index: number, what: string): string {
  const value = words[index];
  if (value === undefined) throw new UsageError(`Say ${what}.`);
  return value;
}

/** Refuses words beyond those that a command takes. */
export function noMore(words: readonly string[], count: number): void {
  const extra = words[count];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many.`);
}

/** The subcommand that was asked for, from a literal table. */
export function choose<T>(table: Readonly<Record<string, T>>, words: readonly string[], command: string): T {
  const names = Object.keys(table).join(', ');
  const chosen = words[0];
  if (chosen === undefined)
    throw new UsageError(`Say what to do: alongside ${command} ${Object.keys(table).join('|')}.`);
  const found = Object.hasOwn(table, chosen) ? table[chosen] : undefined;
  if (found === undefined)
    throw new UsageError(`alongside ${command} does not know "${chosen}"; it knows ${names}.`);
  return found;
}
