import type { DoctorCheck } from '../../../identity-agent/doctor/report.ts';
import type { LocalOperator, StateFile } from '../../state-file.ts';

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
    /** Undefined without a state file, or if the instance was selected by its port. */
    | undefined;
  /** Production runs without an agent, the sample application and a local browser. */
  inProduction: boolean;
  /** Undefined if no Alongside console responds; `silence` is then the reason. */
  console: ConsoleState | undefined;
  silence: string;
}

export type Check = DoctorCheck<Subject>;
