import type { AgentConfiguration, AgentStatus } from '../protocol.ts';
import type { ServerAnswer } from '../server-call.ts';
import type { LoadedSettings } from '../settings/settings.ts';
import type { DoctorCheck } from './report.ts';

/** An agent that responded on the local socket. */
export interface RunningAgent {
  status: AgentStatus;
  configuration: AgentConfiguration;
}

/** The result of one request to a server. */
export interface ServerProbe {
  url: string;
  /** Undefined without a response; `problem` is then the reason. */
  answer: ServerAnswer | undefined;
  problem: string;
  /** This machine's time before and after, in milliseconds. */
  before: number;
  after: number;
}

/** Data for all checks, collected once. */
export interface Subject {
  /** Path of the local socket. */
  socket: string;
  /** Undefined if the settings are unusable; `settingsProblem` is then the reason. */
  settings: LoadedSettings | undefined;
  settingsProblem: string;
  /** Undefined if no agent responds; `silence` is then the reason. */
  agent: RunningAgent | undefined;
  silence: string;
  /** Origin of the agent on loopback. */
  url: string;
  /** Undefined if no address is configured. */
  cis: ServerProbe | undefined;
  cis2Keys: ServerProbe | undefined;
  /** The agent's own port, called as a program would. */
  port: ServerProbe;
}

export type Check = DoctorCheck<Subject>;
