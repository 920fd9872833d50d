import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What a running instance tells other commands: the members of `GET /state`, and where its parts are on this machine. */
export interface StateFile {
  version: string;
  urls: {
    console: string;
    api: string;
    cis2Issuer: string;
    identityAgent: string;
    cis: string;
    sample: string;
  };
  database: string;
  pid: number;
  portBase: number;
  agentSocket: string | null;
  /** Where this very file is. */
  stateFile: string;
}

/** How the commands of this machine are let in, in production. It stands in the file alone, and is good until the instance stops. */
export interface LocalOperator {
  /** The console's own address on this machine. */
  url: string;
  /** Sent as a bearer: who can read the file can operate the instance. */
  token: string;
}

/** Writes the state file in one step, readable by its owner alone. */
export function writeStateFile(state: StateFile & { operator?: LocalOperator }): void {
  mkdirSync(dirname(state.stateFile), { recursive: true, mode: 0o700 });
  const draft = `${state.stateFile}.${state.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, state.stateFile);
}

export const removeStateFile = (file: string): void => rmSync(file, { force: true });
