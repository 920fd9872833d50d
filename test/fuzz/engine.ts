import { inputFor } from './mutate.ts';
import { Random, seedOf } from './random.ts';
import type { FuzzTarget } from './target.ts';

/** The plan for running a target. */
export interface FuzzPlan {
  readonly seed: number;
  /** The first round; 0 by default. */
  readonly from?: number;
  /** Maximum number of rounds. */
  readonly rounds: number;
  /** Called before each round; the run ends if it returns true. */
  readonly over?: () => boolean;
  /** Called before each round. */
  readonly at?: (round: number) => void;
}

/** A failure with everything needed to reproduce it. */
export interface FuzzFailure {
  readonly target: string;
  readonly seed: number;
  readonly round: number;
  readonly error: string;
  /** Hexadecimal. */
  readonly input: string;
}

export interface FuzzResult {
  readonly rounds: number;
  readonly failure: FuzzFailure | undefined;
}

/** Returns the input of one round, derived from the seed. */
export function inputOf(target: FuzzTarget, seed: number, round: number): Uint8Array {
  const words = (target.words ?? []).map((word) => new Uint8Array(Buffer.from(word as Uint8Array)));
  return inputFor(new Random(seedOf(seed, target.name, round)), target.corpus, words);
}

/** Runs a target until its first failure, the last round or the plan's end. */
export async function fuzz(target: FuzzTarget, plan: FuzzPlan): Promise<FuzzResult> {
  const { seed, from = 0, rounds, over = () => false, at = () => undefined } = plan;
  for (let round = from; round < from + rounds; round += 1) {
    if (over()) return { rounds: round - from, failure: undefined };
    at(round);
    const input = inputOf(target, seed, round);
    try {
      await target.run(Uint8Array.from(input));
    } catch (error) {
      const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const failure = {
        target: target.name,
        seed,
        round,
        error: shown,
        input: Buffer.from(input).toString('hex'),
      };
      return { rounds: round - from + 1, failure };
    }
  }
  return { rounds, failure: undefined };
}
