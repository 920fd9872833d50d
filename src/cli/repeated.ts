import { flagOf, UsageError } from '@alongside/kernel/operator';

/** Values of repeatable flags, and all other arguments in order. */
export interface Repeated<K extends string> {
  values: Record<K, string[]>;
  rest: string[];
}

/** Removes repeatable flags from the arguments: `--callback A --callback=B`. */
export function takeRepeated<const K extends string>(
  argv: readonly string[],
  keys: readonly K[],
): Repeated<K> {
  const values = Object.fromEntries(keys.map((key) => [key, []])) as unknown as Record<K, string[]>;
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
