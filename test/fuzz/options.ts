import { parseArgs } from 'node:util';
import { UsageError } from '@alongside/kernel/operator';
import { targetNames } from './registry.ts';

export const help = `npm run fuzz -- [OPTIONS]: feeds the parsers of what comes from outside with changed inputs until one breaks a promise.

  --target NAME   only this target; may come several times
                  (${targetNames.join(', ')})
  --seconds N     so long for each target; 20 unless told
  --rounds N      so many inputs for each target instead
  --seed N        the inputs of this seed; another one each time unless told
  --round N       the first round, with --rounds 1 to have one input again
  --json          one JSON line for each target on standard output, and nothing else there

Exit code 0: nothing broke; 1: something did, with the command that has it again; 2: wrong usage.
`;

export interface FuzzOptions {
  readonly targets: readonly string[];
  readonly seed: number;
  readonly from: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly json: boolean;
}

function whole(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,10}$/.test(text)) throw new UsageError(`--${name} must be a whole number.`);
  return Number(text);
}

/** Parses the command line; `seed` is the default. @throws UsageError */
export function readOptions(args: readonly string[], seed: number): FuzzOptions | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  let values: Partial<Record<'seconds' | 'rounds' | 'seed' | 'round', string>> & {
    target?: string[];
    json?: boolean;
    help?: boolean;
  };
  try {
    const options = { seconds: text, rounds: text, seed: text, round: text, json: flag, help: flag };
    ({ values } = parseArgs({
      args: [...args],
      options: { ...options, target: { ...text, multiple: true } },
    }));
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. See --help.`);
  }
  if (values.help) return 'help';
  const targets = values.target ?? targetNames;
  const unknown = targets.find((name) => !targetNames.includes(name));
  if (unknown !== undefined) throw new UsageError(`There is no target "${unknown}". See --help.`);
  const counted = values.rounds !== undefined;
  return {
    targets,
    seed: whole('seed', values.seed, seed),
    from: whole('round', values.round, 0),
    rounds: whole('rounds', values.rounds, Number.MAX_SAFE_INTEGER),
    seconds:
      counted && values.seconds === undefined
        ? Number.POSITIVE_INFINITY
        : whole('seconds', values.seconds, 20),
    json: values.json ?? false,
  };
}
