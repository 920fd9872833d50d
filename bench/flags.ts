import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * An option by its default: a whole number or a list of them, none below 1 unless the default is; words of which the first is the
 * default; `false` for a switch; or the name of a text that may be missing, such as `FOLDER`.
 */
type Option = number | readonly number[] | readonly string[] | false | string;
type ParsedOf<O> = O extends number
  ? number
  : O extends readonly number[]
    ? number[]
    : O extends readonly (infer Word)[]
      ? Word
      : O extends false
        ? boolean
        : string | undefined;
type Values<O> = { -readonly [Name in keyof O]: ParsedOf<O[Name]> } & { json: boolean };

/**
 * Parses the options of a benchmark; a name in capitals is the first word without an option. Every benchmark has `--json`. `--help`
 * prints the usage and `about`; a wrong option ends it with the usage and exit code 2.
 */
export function benchOptions<const O extends Readonly<Record<string, Option>>>(
  name: string,
  options: O,
  about = '',
): Values<O> {
  const isPositional = (key: string): boolean => key === key.toUpperCase();
  const shown = Object.entries<Option>(options).map(([key, option]) => {
    if (isPositional(key)) return `[${key}]`;
    if (option === false) return `[--${key}]`;
    const values = Array.isArray(option) ? option.filter((word) => word !== '') : [option];
    return `[--${key} ${values.join(typeof values[0] === 'number' ? ',' : '|')}]`;
  });
  const usage = `Usage: npm run ${name} -- ${[...shown, '[--json]'].join(' ')}`;
  const refuse = (problem: string) => endWith(`${problem}\n${usage}`);
  const whole = (key: string, text: string, least: number): number => {
    const number = Number(text);
    return Number.isInteger(number) && number >= Math.min(least, 1) ? number : refuse(`${key}: ${text}`);
  };
  const parsed = (key: string, option: Option, given: unknown): unknown => {
    if (option === false) return given === true;
    if (typeof option === 'string') return given;
    const first = Array.isArray(option) ? option[0] : option;
    // A list of numbers is written with commas.
    const text = String(given ?? (typeof first === 'string' ? first : option));
    if (typeof option === 'number') return whole(key, text, option);
    if (typeof option[0] === 'number') return text.split(',').map((one) => whole(key, one, 1));
    return (option as readonly string[]).includes(text) ? text : refuse(`${key}: ${text}`);
  };
  const names = Object.keys(options).filter((key) => !isPositional(key));
  const flags: NonNullable<ParseArgsConfig['options']> = {
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  };
  for (const key of names) flags[key] = { type: options[key] === false ? 'boolean' : 'string' };
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: names.length < Object.keys(options).length,
      options: flags,
    });
    if (values.help) {
      process.stdout.write(`${usage}\n${about}`);
      process.exit(0);
    }
    const all = Object.entries<Option>(options).map(([key, option]) => [
      key,
      parsed(key, option, isPositional(key) ? positionals[0] : values[key]),
    ]);
    return Object.fromEntries([...all, ['json', values.json === true]]) as Values<O>;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

/** Ends the benchmark because of a wrong option. */
export function endWith(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(2);
}

/** Prints the figures as one line of JSON, or the lines for people. */
export function printReport(json: boolean, figures: object, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(figures)}\n` : `${lines.join('\n')}\n`);
}
