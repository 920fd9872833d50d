import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { reasonOf } from './errors.ts';
import { environment, flagOf, isOn, nearest, OperatorError, UsageError, variableOf } from './operator.ts';

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
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new OperatorError(`${place}: the file ${file} cannot be read: ${reasonOf(error)}.`);
  }
}

const exposes: Readonly<Record<string, (text: string) => boolean>> = {
  password(text) {
    const url = URL.parse(text);
    return url !== null && (url.password !== '' || url.searchParams.has('password'));
  },
  whole: (text) => !text.startsWith('@'),
};

/** Returns the flags that contain a secret, which every user of the machine can read in the process list. */
export const exposedFlags = (shape: z.ZodRawShape, flags: Record<string, unknown>): string[] =>
  Object.keys(flags)
    .filter((key) => exposes[String(secretOf(shape[key]))]?.(String(flags[key])))
    .map((key) => `--${flagOf(key)}`);

/** Parses command-line flags of this schema. The remaining arguments belong to the command. */
export function readFlags<S extends z.ZodRawShape>(
  shape: S,
  argv: readonly string[],
): { flags: Record<string, unknown>; words: string[] } {
  const keys = Object.keys(shape);
  const options = Object.fromEntries(
    keys.map((key) => [
      flagOf(key),
      { type: isBoolean(shape[key] as z.ZodType) ? ('boolean' as const) : ('string' as const) },
    ]),
  );
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
      const known = Object.keys(options).map((flag) => `--${flag}`);
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

function readFile(file: string, keys: readonly string[]): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new OperatorError(`The configuration file ${file} cannot be read: ${reasonOf(error)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new OperatorError(`The configuration file ${file} must hold one JSON object.`);
  for (const key of Object.keys(parsed))
    if (!keys.includes(key))
      throw new OperatorError(`${file} has an unknown key "${key}".${nearest(key, keys)}`);
  return parsed as Record<string, unknown>;
}

interface Sources {
  given: Record<string, unknown>;
  /** Returns the origin of a value: a flag, a variable, the file, or `default`. */
  originOf(key: string): string;
}

function sourcesOf(shape: z.ZodRawShape, flags: Record<string, unknown>, file: string | undefined): Sources {
  const keys = Object.keys(shape);
  const variables = readVariables(keys, shape);
  const stored = file ? readFile(file, keys) : {};
  return {
    given: { ...stored, ...variables, ...flags },
    originOf(key) {
      if (key in flags) return `--${flagOf(key)}`;
      if (key in variables) return variableOf(key);
      return key in stored ? `${file}: ${key}` : 'default';
    },
  };
}

const problemOf = (
  issue: z.core.$ZodIssue | undefined,
  { originOf }: Sources,
  file: string | undefined,
): string => {
  const key = String(issue?.path[0] ?? '');
  const origin = originOf(key);
  const place = origin === 'default' ? `${file ?? 'configuration'}: ${key}` : origin;
  return `${place}: ${issue?.message ?? 'not valid'}.`;
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
  for (const key of Object.keys(shape))
    if (secretOf(shape[key]) !== undefined && given[key] !== undefined)
      given[key] = readSecret(given[key], originOf(key));
  const result = z.strictObject(shape).safeParse(given);
  if (result.success) return result.data as z.infer<z.ZodObject<S>>;
  const issue = result.error.issues[0];
  const message = problemOf(issue, sources, file);
  throw String(issue?.path[0]) in flags ? new UsageError(message) : new OperatorError(message);
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
  const problems: string[] = [];
  for (const key of Object.keys(shape)) {
    if (secretOf(shape[key]) === undefined || given[key] === undefined) continue;
    try {
      given[key] = readSecret(given[key], sources.originOf(key));
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
