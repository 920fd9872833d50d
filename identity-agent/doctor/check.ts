import type { AgentConfiguration, AgentStatus } from '../protocol.ts';
import type { ServerAnswer } from '../server-call.ts';
import type { LoadedSettings } from '../settings/settings.ts';

/** What a check found. A remark is worth knowing and does no harm. */
export interface Finding {
  outcome: 'ok' | 'remark' | 'wrong';
  /** One sentence. */
  detail: string;
  /** What to do about it. */
  mend?: string;
}

/** An agent that answered on the local socket. */
export interface RunningAgent {
  status: AgentStatus;
  configuration: AgentConfiguration;
}

/** A server that was asked once. */
export interface Asked {
  url: string;
  /** Undefined when it gave no answer; then `problem` says why. */
  answer: ServerAnswer | undefined;
  problem: string;
  /** This machine's time before and after, in milliseconds. */
  before: number;
  after: number;
}

/** What the checks look at: gathered once. */
export interface Subject {
  /** Path of the local socket. */
  socket: string;
  /** Undefined when the settings cannot be used; then `settingsProblem` says why. */
  settings: LoadedSettings | undefined;
  settingsProblem: string;
  /** Undefined when no agent answers; then `silence` says what happened instead. */
  agent: RunningAgent | undefined;
  silence: string;
  /** Origin of the agent on loopback. */
  url: string;
  /** Undefined when nobody says where they are. */
  cis: Asked | undefined;
  cis2Keys: Asked | undefined;
  /** The agent's own port, asked as a program would. */
  port: Asked;
}

/** One thing that could be wrong, one file each. */
export interface Check {
  readonly name: string;
  run(subject: Subject): Promise<Finding[]> | Finding[];
}

export const ok = (detail: string): Finding => ({ outcome: 'ok', detail });
export const remark = (detail: string, mend?: string): Finding => ({
  outcome: 'remark',
  detail,
  ...(mend === undefined ? {} : { mend }),
});
export const wrong = (detail: string, mend: string): Finding => ({ outcome: 'wrong', detail, mend });
