import { type ParseArgsConfig, parseArgs } from 'node:util';
import { z } from 'zod';
import { reasonOf } from './errors.ts';
import { jsonProblem } from './json.ts';
import {
  ConfigurationError,
  environment,
  flagOf,
  isOn,
  nearest,
  UsageError,
  variableOf,
} from './operator.ts';
import { readTextFile } from './text-file.ts';

const isBoolean = (schema: z.ZodType): boolean => {
  let inner = schema as z.ZodType & { def: { type: string; innerType?: z.ZodType } };
  while (inner.def.innerType) inner = inner.def.innerType as typeof inner;
  return inner.def.type === 'boolean';
};

/** Metadata (`.meta`) of a setting that is a secret or an address with a password. Its value may be `@FILE`. */
export const carriesSecret = { secret: 'password' } as const;
export const isSecret = { secret: 'whole' } as const;

const secretOf = (schema: unknown): unknown => (schema as z.ZodType | undefined)?.meta()?.secret;

/** Returns the contents of the file for `@FILE`, without the trailing line end. */
function readSecret(value: unknown, place: string): unknown {
  if (typeof value !== 'string' || !value.startsWith('@')) return value;
  const file = value.slice(1);
  try {
    return readTextFile(file).trim();
  } catch (error) {
    throw new ConfigurationError(`${place}: the file ${file} cannot be read: ${reasonOf(error)}.`);
  }
}

const exposes: Readonly<Record<string, (text: string) => boolean>> = {
  password(text) {
    // One host is enough: a list with ports is no address.
    const url = URL.parse(text.replaceAll(/,[^,@/?#&=]*(?=[/?#,]|$)/g, ''));
    return url !== null && (url.password !== '' || url.searchParams.has('password'));
  },
  whole: (text) => !text.startsWith('@'),
};

/** Returns the flags that contain a secret, which every user of the machine can read in the process list. */
export const exposedFlags = (shape: z.ZodRawShape, flags: Record<string, unknown>): string[] =>
  Object.keys(flags)
    .filter((key) => exposes[String(secretOf(shape[key]))]?.(String(flags[key])))
    .map((key) => `--${flagOf(key)}`);

/** Flags of every command, which are read before its own. */
const everywhere = ['help', 'quiet', 'version'];

/** Metadata of a list whose flag may be given several times. */
export const isRepeatable = { repeatable: true } as const;

const optionsOf = (shape: z.ZodRawShape): ParseArgsConfig['options'] & object =>
  Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => [
      flagOf(key),
      {
        type: isBoolean(schema as z.ZodType) ? ('boolean' as const) : ('string' as const),
        multiple: (schema as z.ZodType).meta()?.repeatable === true,
      },
    ]),
  );

/**
 * Returns the words with `--` before those of another command, which begin with the first word that is neither a flag of this schema
 * nor its value. The scripts that npm writes for PowerShell remove the first `--` of a command line.
 */
export function separateCommand(shape: z.ZodRawShape, argv: readonly string[]): readonly string[] {
  const { tokens } = parseArgs({
    args: [...argv],
    options: optionsOf(shape),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const first = tokens.find(({ kind }) => kind !== 'option');
  return first?.kind === 'positional' ? argv.toSpliced(first.index, 0, '--') : argv;
}

/** Parses command-line flags of this schema. The remaining arguments belong to the command. */
export function readFlags<S extends z.ZodRawShape>(
  shape: S,
  argv: readonly string[],
): { flags: Record<string, unknown>; words: string[] } {
  const keys = Object.keys(shape);
  const options = optionsOf(shape);
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      strict: true,
      allowNegative: true,
    });
  } catch (error) {
    const unknown = /Unknown option '(-[^']*)'/.exec(reasonOf(error))?.[1];
    if (unknown) {
      const known = [...Object.keys(options), ...everywhere].map((flag) => `--${flag}`);
      throw new UsageError(`There is no option ${unknown}.${nearest(unknown, known)}`);
    }
    const flag = /Option '(?:-\w, )?(--[\w-]+)/.exec(reasonOf(error))?.[1];
    if (flag === undefined) throw new UsageError(String(reasonOf(error).split('\n')[0]));
    throw new UsageError(
      /does not take/.test(reasonOf(error)) ? `${flag} takes no value.` : `${flag} needs a value.`,
    );
  }
  const flags = Object.fromEntries(
    keys
      .filter((key) => parsed.values[flagOf(key)] !== undefined)
      .map((key) => [key, parsed.values[flagOf(key)]]),
  );
  return { flags, words: parsed.positionals };
}

function readVariables(keys: readonly string[], shape: z.ZodRawShape): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const key of keys) {
    const value = environment()[variableOf(key)];
    if (value === undefined || value === '') continue;
    values[key] = isBoolean(shape[key] as z.ZodType) ? isOn(value) : value;
  }
  return values;
}

/** Returns the line of each member of a JSON object. @param text valid JSON */
function linesOf(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  let [depth, line, start] = [0, 1, -1];
  let last = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"' && start === -1) start = at;
    else if (character === '"') {
      last = text.slice(start, at + 1);
      start = -1;
    } else if (character === '\\') at += 1;
    else if (character === '\n') line += 1;
    else if (start !== -1) continue;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (character === ':' && depth === 1) lines.set(String(JSON.parse(last)), line);
  }
  return lines;
}

interface ConfigFile {
  values: Record<string, unknown>;
  lines: ReadonlyMap<string, number>;
  /** One sentence for each unknown key. */
  problems: string[];
}

function readFile(file: string, keys: readonly string[]): ConfigFile {
  let text = '';
  let parsed: unknown;
  try {
    text = readTextFile(file);
    parsed = JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(`The configuration file ${file} cannot be read: ${jsonProblem(error)}.`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new ConfigurationError(`The configuration file ${file} must hold one JSON object.`);
  const lines = linesOf(text);
  const unknown = Object.keys(parsed).filter((key) => !keys.includes(key));
  return {
    values: Object.fromEntries(Object.entries(parsed).filter(([key]) => keys.includes(key))),
    lines,
    problems: unknown.map(
      (key) => `${file}:${lines.get(key)} has an unknown key "${key}".${nearest(key, keys)}`,
    ),
  };
}

interface Sources {
  given: Record<string, unknown>;
  /** Returns the origin of a value: a flag, a variable, the file with its line, or `default`. */
  originOf(key: string): string;
  /** Problems of the file itself. */
  problems: readonly string[];
}

function sourcesOf(shape: z.ZodRawShape, flags: Record<string, unknown>, file: string | undefined): Sources {
  const keys = Object.keys(shape);
  const variables = readVariables(keys, shape);
  const stored = file ? readFile(file, keys) : { values: {}, lines: new Map<string, number>(), problems: [] };
  return {
    given: { ...stored.values, ...variables, ...flags },
    problems: stored.problems,
    originOf(key) {
      if (key in flags) return `--${flagOf(key)}`;
      if (key in variables) return variableOf(key);
      return key in stored.values ? `${file}:${stored.lines.get(key)}` : 'default';
    },
  };
}

/** Returns the origin of a setting with its name, if the origin does not contain it. */
function placeOf(key: string, origin: string, file: string | undefined): string {
  if (origin === 'default') return `${file ?? 'configuration'}: ${key}`;
  return file !== undefined && origin.startsWith(`${file}:`) ? `${origin}: ${key}` : origin;
}

const problemOf = (
  issue: z.core.$ZodIssue | undefined,
  { originOf }: Sources,
  file: string | undefined,
): string => {
  const key = String(issue?.path[0] ?? '');
  const origin = originOf(key);
  return `${placeOf(key, origin, file)}: ${issue?.message ?? 'not valid'}.`;
};

/**
 * Loads the configuration from flags, environment, file and defaults, in this order of precedence. A key has
 * one name in all of them. A wrong value is refused with its location and the expected value. A secret
 * setting may be `@FILE`.
 */
export function loadConfig<S extends z.ZodRawShape>(
  shape: S,
  flags: Record<string, unknown>,
  file?: string,
): z.infer<z.ZodObject<S>> {
  const sources = sourcesOf(shape, flags, file);
  const { given, originOf } = sources;
  if (sources.problems[0] !== undefined) throw new ConfigurationError(sources.problems[0]);
  for (const key of Object.keys(shape))
    if (secretOf(shape[key]) !== undefined && given[key] !== undefined)
      given[key] = readSecret(given[key], placeOf(key, originOf(key), file));
  const result = z.strictObject(shape).safeParse(given);
  if (result.success) return result.data as z.infer<z.ZodObject<S>>;
  const issue = result.error.issues[0];
  const message = problemOf(issue, sources, file);
  throw String(issue?.path[0]) in flags ? new UsageError(message) : new ConfigurationError(message);
}

export interface ExaminedSetting {
  name: string;
  /** `set` if the value is a secret. */
  value: unknown;
  origin: string;
}

/** Returns every setting with its origin, and all problems. Throws if the file cannot be read. */
export function examineConfig(
  shape: z.ZodRawShape,
  flags: Record<string, unknown>,
  file?: string,
): { settings: ExaminedSetting[]; problems: string[] } {
  const sources = sourcesOf(shape, flags, file);
  const given = { ...sources.given };
  const problems = [...sources.problems];
  for (const key of Object.keys(shape)) {
    if (secretOf(shape[key]) === undefined || given[key] === undefined) continue;
    try {
      given[key] = readSecret(given[key], placeOf(key, sources.originOf(key), file));
    } catch (error) {
      problems.push(reasonOf(error));
      delete given[key];
    }
  }
  const result = z.strictObject(shape).safeParse(given);
  for (const issue of result.error?.issues ?? []) problems.push(problemOf(issue, sources, file));
  const values = (result.data ?? given) as Record<string, unknown>;
  const settings = Object.keys(shape).map((key) => ({
    name: key,
    value: secretOf(shape[key]) !== undefined && values[key] ? 'set' : (values[key] ?? null),
    origin: sources.originOf(key),
  }));
  return { settings, problems };
}

/** Variables of this product that are not settings, besides those of tests and of its other programs. */
const otherVariables =
  /^ALONGSIDE_(JSON|QUIET|BROWSER|AGENT_\w+|CIS|CONSOLE_URL|API_URL|CARD_ISSUER_SECRET)$/;

/** Returns one sentence for each environment variable that looks like a setting but is not one, and so has no effect. */
export function unknownVariables(shape: z.ZodRawShape): string[] {
  const known = Object.keys(shape).map(variableOf);
  return Object.keys(environment())
    .filter((name) => name.startsWith('ALONGSIDE_') && !known.includes(name) && !otherVariables.test(name))
    .sort()
    .map((name) => `The variable ${name} is not a setting and has no effect.${nearest(name, known)}`);
}
