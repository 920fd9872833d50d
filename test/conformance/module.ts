import type { Trial, Variant } from './trial.ts';

/** One test of a certification plan, written from the specifications; the id is its name in the plan. */
export interface Module {
  id: string;
  /** Whether it concerns ID tokens, so that it does not apply to a plain authorization server. */
  openid?: true;
  /** Throws if the provider violates the specification; calls `notOffered` for an unsupported optional feature. */
  run(trial: Trial): Promise<void>;
}

/** A certification plan with its modules. */
export interface Plan {
  id: string;
  variant?: Variant;
  modules: readonly Module[];
}

/** A module's result for a provider. */
export type Verdict =
  | { outcome: 'passed' }
  | { outcome: 'warned' | 'failed' | 'not offered'; reason: string };

class NotOffered extends Error {}

/** Ends a module for an optional feature that the provider does not offer. */
export function notOffered(what: string): never {
  throw new NotOffered(what);
}

/** Runs one module; returns any error as its result. */
export async function judge(module: Module, trial: Trial): Promise<Verdict> {
  try {
    await module.run(trial);
    const [warning] = trial.warnings;
    return warning === undefined ? { outcome: 'passed' } : { outcome: 'warned', reason: warning };
  } catch (thrown) {
    const reason = (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? '';
    return { outcome: thrown instanceof NotOffered ? 'not offered' : 'failed', reason };
  }
}
