import { readFlags } from '@alongside/kernel/config';
import { flagOf, nearest, UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { InstanceApi, instanceFlags, jsonByDefault } from './instance.ts';
import type { Progress } from './progress.ts';
import { columns, helpLines, paragraphs } from './table.ts';

/** The output of commands. Standard output is only for the result; everything else goes to standard error. */
export interface Output {
  /** Prints a line of the result. */
  line(text: string): void;
  /** Prints the whole result as one JSON line. */
  json(value: unknown): void;
  /** Prints a note for the user. */
  note(text: string): void;
  /** Width of lines of help. */
  readonly width: number;
  /** Shows the activity of long work. */
  readonly progress: Progress;
}

/** A call of a command, with unparsed words and flags. */
export interface Invocation {
  argv: readonly string[];
  out: Output;
  /** The registry, for the command that describes all others. */
  commands(): Promise<readonly DescribedCommand[]>;
}

/** One command of `alongside`: a file in `commands/` and a line in `commands.ts`. Help, docs and completion follow from it. */
export interface Command {
  readonly name: string;
  /** Returns the lines of `alongside COMMAND --help`, without the summary. */
  help(width: number): readonly string[];
  /** Whether it calls a running instance, which the common flags select. */
  readonly callsInstance?: boolean;
  /** Subcommands, or other first words, with their explanations. */
  readonly subcommands: readonly (readonly [name: string, about: string])[];
  /** Its flags, such as `--port-base`. */
  readonly flags: readonly string[];
  /** Returns its words with `--` before those of another command that it runs. */
  separate?(argv: readonly string[]): readonly string[];
  /** Resolves with the exit code: 0 success, 1 refused or failed, 2 wrong usage. */
  run(invocation: Invocation): Promise<number>;
}

export type DescribedCommand = Command & { readonly summary: string };

export interface Result {
  /** Printed with `--json`, instead of lines and notes. */
  json?: unknown;
  lines?: readonly string[];
  notes?: readonly string[];
  /** Exit code; 0 by default. */
  code?: number;
}

/** Returns the result of a command that lists entries, with a note if there is none. */
export const listing = (json: unknown, rows: readonly (readonly string[])[], none: string): Result => ({
  json,
  lines: columns(rows),
  notes: rows.length === 0 ? [none] : [],
});

/** A subcommand, or a command without subcommands. */
export interface Action<C> {
  /** Words that it takes: `P KIND`; optional ones in brackets; any number after `...`. */
  readonly words?: string;
  /** An explanation, or several: flags after the words, and their explanation. Flags that begin with spaces have their own line. */
  readonly help: string | readonly (readonly [flags: string, about?: string])[];
  run(call: C, ...words: string[]): Result | Promise<Result>;
}

/** The parsed flags of a call. */
export interface Call<S extends z.ZodRawShape, L extends string> {
  flags: z.output<z.ZodObject<S>>;
  /** Values of repeatable flags. */
  lists: Record<L, string[]>;
  json: boolean;
  out: Output;
}

interface Description<S extends z.ZodRawShape, L extends string> {
  name: string;
  /** The command's own flags: text or boolean. */
  flags?: S;
  /** Repeatable flags. */
  lists?: readonly L[];
  /** Further paragraphs of help. */
  notes?: readonly string[];
  /** Command lines as a user types them. */
  examples?: readonly string[];
}

interface Definition<S extends z.ZodRawShape, L extends string, C> extends Description<S, L> {
  /** Flags that select what the actions work on; none by default. */
  base?: z.ZodRawShape;
  callsInstance?: boolean;
  /** Opens it, if there is such a thing. */
  open?(flags: Record<string, unknown>): (C & Closable) | Promise<C & Closable>;
  /** Subcommands in the order of the help; `''` is the command without a subcommand. */
  actions: Readonly<Record<string, Action<Call<S, L> & C>>>;
}

interface Closable {
  close?(): Promise<void>;
}

export const text = z.string().optional();
export const yes = z.boolean().optional();

/** Returns the names of flags, for completion. */
export const flagNames = (keys: readonly string[]): string[] => keys.map((key) => `--${flagOf(key)}`);

/** Each command has `--json`. */
export function command<S extends z.ZodRawShape, L extends string, C>(
  definition: Definition<S, L, C>,
): Command {
  const {
    name,
    base = {},
    flags: own = {} as S,
    lists = [],
    notes = [],
    examples = [],
    open,
    actions,
  } = definition;
  const { callsInstance = false } = definition;
  const shape = { json: yes, ...base, ...own };
  const usage = (action: string) =>
    ['alongside', name, action, shownWords(actions[action]?.words)].filter(Boolean).join(' ');
  const rows = Object.entries(actions).flatMap(([action, { help }]) =>
    typeof help === 'string'
      ? [[usage(action), help] as const]
      : help.map(
          ([flags, about = '']) =>
            [flags.startsWith(' ') ? flags : `${usage(action)} ${flags}`.trimEnd(), about] as const,
        ),
  );
  return {
    name,
    callsInstance,
    help: (width) => [
      ...helpLines(rows, width),
      ...notes.flatMap((note) => ['', ...paragraphs([note], width)]),
      ...exampleLines(examples),
    ],
    subcommands: Object.entries(actions).flatMap(([action, { help }]) =>
      action === '' ? [] : [[action, typeof help === 'string' ? help : (help[0]?.[1] ?? '')] as const],
    ),
    flags: flagNames([...Object.keys(shape), ...lists]),
    async run({ argv, out }) {
      const { values, rest } = takeRepeated(argv, lists);
      const { flags, words } = readFlags(shape, rest);
      const chosen = choose(name, actions, words);
      const action = actions[chosen] as Action<Call<S, L> & C>;
      const given = chosen === '' ? words : words.slice(1);
      checkWords(given, action.words ?? '', usage(chosen));
      const of = (keys: object) => Object.fromEntries(Object.entries(flags).filter(([key]) => key in keys));
      const checked = checkedFlags(own, of(own));
      const json = flags.json === true || jsonByDefault();
      const opened = (await open?.(of(base))) ?? ({} as C & Closable);
      try {
        const call = { flags: checked, lists: values, json, out };
        return print(await action.run({ ...opened, ...call }, ...given), json, out);
      } finally {
        await opened.close?.();
      }
    },
  };
}

/** Defines a command that calls the console of a running instance. */
export const consoleCommand = <S extends z.ZodRawShape = z.ZodRawShape, L extends string = never>(
  definition: Description<S, L> & { actions: Readonly<Record<string, Action<ConsoleCall<S, L>>>> },
): Command =>
  command({
    ...definition,
    base: instanceFlags,
    callsInstance: true,
    open: (flags) => ({ api: new InstanceApi(flags) }),
  });

export type ConsoleCall<S extends z.ZodRawShape = z.ZodRawShape, L extends string = never> = Call<S, L> & {
  api: InstanceApi;
};

function print({ json: value, lines = [], notes = [], code = 0 }: Result, json: boolean, out: Output) {
  if (!json) {
    for (const line of lines) out.line(line);
    for (const note of notes) out.note(note);
  } else if (value !== undefined) out.json(value);
  return code;
}

export const exampleLines = (examples: readonly string[]): string[] =>
  examples.length === 0 ? [] : ['', 'Examples:', ...examples.map((example) => `  ${example}`)];

const shownWords = (words = ''): string => words.replace(' ...', '');

/** Returns the flags of a command with their defaults. Throws one sentence for a value that the command does not take. */
function checkedFlags<S extends z.ZodRawShape>(
  shape: S,
  given: Record<string, unknown>,
): z.output<z.ZodObject<S>> {
  const { success, data, error } = z.object(shape).safeParse(given);
  if (success) return data;
  const [issue] = error.issues;
  throw new UsageError(`--${flagOf(String(issue?.path[0]))} ${issue?.message}.`);
}

/** Returns the requested subcommand; `''` for a command without subcommands, and for a word that is none if that may have words. */
function choose(
  name: string,
  actions: Readonly<Record<string, { readonly words?: string }>>,
  [asked = '']: readonly string[],
): string {
  if (Object.hasOwn(actions, asked)) return asked;
  const named = Object.keys(actions).filter(Boolean);
  if (named.length === 0) return '';
  if (asked === '') throw new UsageError(`Add a subcommand: alongside ${name} ${named.join('|')}.`);
  const similar = nearest(asked, named);
  if (similar === '' && actions['']?.words !== undefined) return '';
  throw new UsageError(`alongside ${name} does not know "${asked}".${similar} It knows ${named.join(', ')}.`);
}

/** Refuses missing and extra words. */
function checkWords(given: readonly string[], words: string, usage: string): void {
  const names = words.split(' ').filter((name) => name !== '' && name !== '...');
  const missing = names.slice(given.length).find((name) => !name.startsWith('['));
  if (missing !== undefined) throw new UsageError(`${missing} is missing: ${usage}.`);
  if (!words.endsWith('...')) noMore(given, names.length);
}

/** Refuses more words than a command takes. */
export function noMore(words: readonly string[], count: number): void {
  const extra = words[count];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many.`);
}

/** Removes repeatable flags from the arguments: `--callback A --callback=B`. */
export function takeRepeated<const K extends string>(
  argv: readonly string[],
  keys: readonly K[],
): { values: Record<K, string[]>; rest: string[] } {
  const values = Object.fromEntries(keys.map((key): [string, string[]] => [key, []])) as Record<K, string[]>;
  const rest: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const argument = argv[at] ?? '';
    const [name, ...after] = argument.split('=');
    const key = keys.find((candidate) => name === `--${flagOf(candidate)}`);
    if (key === undefined) {
      rest.push(argument);
      continue;
    }
    if (after.length === 0) at += 1;
    const value = after.length > 0 ? after.join('=') : argv[at];
    if (value === undefined || (after.length === 0 && value.startsWith('--')))
      throw new UsageError(`${name} needs a value.`);
    values[key].push(value);
  }
  return { values, rest };
}
