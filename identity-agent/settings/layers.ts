import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { reasonOf } from '@alongside/kernel/errors';
import {
  environment,
  flagOf,
  isMissing,
  OperatorError,
  UsageError,
  variableOf,
} from '@alongside/kernel/operator';
import { decodeText } from '@alongside/kernel/text-file';
import { definitions, isSettingName, type SettingName, settingNames } from './definitions.ts';
import { machineFileProblem } from './machine-file.ts';

/** Unparsed values of one source. */
export interface Layer {
  /** Shown to users as the origin of a value. */
  readonly name: string;
  readonly values: Readonly<Partial<Record<SettingName, unknown>>>;
  /** Returns the exact location of a value. */
  place(name: SettingName): string;
}

const maxBytes = 65_536;

/** Settings with which an agent cannot start. */
export class SettingsError extends OperatorError {}

/** Parses the flags of the command line and the remaining words. @throws UsageError */
export function readArguments(argv: readonly string[]): { flags: Layer; words: string[] } {
  const options = Object.fromEntries(
    settingNames.map((name) => [
      flagOf(name),
      {
        type: definitions[name].kind.isFlag ? ('boolean' as const) : ('string' as const),
        multiple: definitions[name].kind.isList === true,
      },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      strict: true,
      allowNegative: true,
    });
    const given = settingNames.filter((name) => values[flagOf(name)] !== undefined);
    const flags: Layer = {
      name: 'command line',
      values: Object.fromEntries(given.map((name) => [name, values[flagOf(name)]])),
      place: (name) => `--${flagOf(name)}`,
    };
    return { flags, words: positionals };
  } catch (error) {
    const unknown = /Unknown option '(-[^']*)'/.exec(reasonOf(error))?.[1];
    const alone = /^Option '(--[^ ']*)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(
      reasonOf(error),
    )?.[1];
    if (unknown) throw new UsageError(`There is no option ${unknown}. See --help.`);
    if (alone) throw new UsageError(`${alone} needs a value. See --help.`);
    throw new UsageError(`${reasonOf(error).split('\n')[0]?.replace(/\.$/, '')}. See --help.`);
  }
}

/** Reads the environment. Empty variables are ignored. */
export function readVariables(): Layer {
  const variables = environment();
  const given = settingNames.filter((name) => variables[variableOf(name)]);
  return {
    name: 'environment',
    values: Object.fromEntries(given.map((name) => [name, variables[variableOf(name)]])),
    place: variableOf,
  };
}

/** Reads a file with one JSON object; a missing file counts as an empty one. @throws SettingsError if it is unusable */
export function readSettingsFile(name: string, file: string): Layer {
  const values = parsed(file) ?? {};
  const unknown = Object.keys(values).find((key) => !isSettingName(key));
  if (unknown !== undefined)
    throw new SettingsError(`${file} has an unknown setting "${unknown.slice(0, 60)}".`);
  return { name: `${name} (${file})`, values, place: (setting) => `${file}: ${setting}` };
}

/**
 * Reads a file of this machine, which only an administrator may write.
 * @param problemOf returns why others could have written it
 * @throws SettingsError
 */
export function readMachineFile(name: string, file: string, problemOf = machineFileProblem): Layer {
  const problem = problemOf(file);
  if (problem !== undefined)
    throw new SettingsError(`The ${name} ${file} ${problem}. Let only administrators write it.`);
  return readSettingsFile(name, file);
}

function parsed(file: string): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    const bytes = readFileSync(file);
    if (bytes.length > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
    value = JSON.parse(decodeText(bytes));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new SettingsError(`The settings ${file} cannot be read: ${reasonOf(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SettingsError(`${file} must hold one JSON object.`);
  return value as Record<string, unknown>;
}
