import type { Trial } from './trial.ts';

/** One test of a certification plan, written from the specifications; the id is the plan's name for it. */
export interface Module {
  id: string;
  /** It is about ID tokens, so it says nothing of an authorization server alone. */
  openid?: true;
  /** Throws when the provider does not do what the specification says; `notOffered` when it need not. */
  run(trial: Trial): Promise<void>;
}

/** A certification plan with its modules. */
export interface Plan {
  id: string;
  modules: readonly Module[];
}

/** What a module says of a provider. */
export type Verdict = { outcome: 'passed' } | { outcome: 'failed' | 'not offered'; reason: string };

class NotOffered extends Error {}

/** Ends a module whose optional feature the provider does not offer, and says that it does not. */
export function notOffered(what: string): never {
  throw new NotOffered(what);
}

/** Runs one module; whatever it throws is a verdict. */
export async function judge(module: Module, trial: Trial): Promise<Verdict> {
  try {
    await module.run(trial);
    return { outcome: 'passed' };
  } catch (thrown) {
    const reason = (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? '';
    return { outcome: thrown instanceof NotOffered ? 'not offered' : 'failed', reason };
  }
}
