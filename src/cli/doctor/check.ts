import type { LocalOperator, StateFile } from '../../state-file.ts';

/** What a check found. A remark is worth knowing and does no harm. */
export interface Finding {
  outcome: 'ok' | 'remark' | 'wrong';
  /** What it is about when a check looks at several things. */
  of?: string;
  /** One sentence. */
  detail: string;
  /** What to do about it. */
  mend?: string;
}

/** What `GET /state` of the console answered, and how long that took. */
export interface ConsoleState {
  urls: StateFile['urls'];
  clock: { now: string; offsetSeconds: number };
  /** Time of this machine before and after the call, in milliseconds. */
  asked: number;
  answered: number;
}

/** What the checks look at: gathered once. */
export interface Subject {
  dataFolder: string;
  /** First port of the instance. */
  portBase: number;
  /** Where its console should be. */
  origin: string;
  stateFile:
    | { file: string; state: StateFile & { operator?: LocalOperator }; alive: boolean }
    | { file: string; problem: string }
    /** There is none, or the instance was named by its port. */
    | undefined;
  /** Production has no agent, no sample application, and no browser that anybody sits at. */
  inProduction: boolean;
  /** Undefined when no console of ours answers; then `silence` says what happened instead. */
  console: ConsoleState | undefined;
  silence: string;
}

/** One thing that could be wrong, one file each. */
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
