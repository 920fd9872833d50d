import type { LocalOperator, StateFile } from '../../state-file.ts';

/** The result of a check. A remark is harmless. */
export interface Finding {
  outcome: 'ok' | 'remark' | 'wrong';
  /** The subject, if a check tests several things. */
  of?: string;
  /** One sentence. */
  detail: string;
  /** How to fix it. */
  mend?: string;
}

/** The response of the console's `GET /state`, with its duration. */
export interface ConsoleState {
  urls: StateFile['urls'];
  clock: { now: string; offsetSeconds: number };
  /** Time of this machine before and after the call, in milliseconds. */
  asked: number;
  answered: number;
}

/** Data for all checks, collected once. */
export interface Subject {
  dataFolder: string;
  /** First port of the instance. */
  portBase: number;
  /** Expected address of its console. */
  origin: string;
  stateFile:
    | { file: string; state: StateFile & { operator?: LocalOperator }; alive: boolean }
    | { file: string; problem: string }
    /** There is none, or the instance was selected by its port. */
    | undefined;
  /** Production has no agent, no sample application and no local browser. */
  inProduction: boolean;
  /** Undefined if no console of ours responds; `silence` is then the reason. */
  console: ConsoleState | undefined;
  silence: string;
}

/** Checks for one problem, one file each. */
export interface Check {
  readonly name: string;
  run(subject: Subject): Promise<Finding[]> | Finding[];
}

export const ok = (detail: string, of?: string): Finding => ({
  outcome: 'ok',
  ...(of === undefined ? {} : { of }),
  detail,
});
export const wrong = (detail: string, mend: string, of?: string): Finding => ({
  outcome: 'wrong',
  ...(of === undefined ? {} : { of }),
  detail,
  mend,
});
