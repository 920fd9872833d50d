import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import type { Ports } from './boot/ports.ts';

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
  /** The local port of each part, whatever its public address is. */
  ports: Readonly<Ports>;
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

/** Writes beside the state file, which is then readable by its owner alone. Returns where. */
function writeDraft(file: string, text: string): string {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, text, { mode: 0o600 });
  } catch (error) {
    throw new OperatorError(
      `The state file ${file} cannot be written: ${reasonOf(error)}. Choose another with --state.`,
    );
  }
  return draft;
}

/** Writes the state file in one step. */
export function writeStateFile(state: StateFile & { operator?: LocalOperator }): void {
  renameSync(writeDraft(state.stateFile, `${JSON.stringify(state, null, 2)}\n`), state.stateFile);
}

/** Removes the state file that this process wrote; one of another instance stays. */
export function removeStateFile(state: StateFile): void {
  if (writerOf(state.stateFile)?.pid === state.pid) rmSync(state.stateFile, { force: true });
}

function writerOf(file: string): StateFile | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StateFile;
  } catch {
    return undefined; // none, or one that a crash cut short: nobody's
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it is somebody else's
  }
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (found: boolean) => () => {
      resolve(found);
      socket.destroy();
    };
    socket.once('connect', answer(true)).once('error', answer(false));
    socket.setTimeout(1000, answer(false));
  });

/**
 * Whether this process may write the state file. Another live instance keeps its own, or its commands would find nobody.
 * Throws where this one has a console, whose commands could not find it then.
 */
export async function claimStateFile(file: string, hasConsole: boolean): Promise<boolean> {
  const other = writerOf(file);
  // A number alone may be another program's by now, in a container above all: so the port is tried as well.
  if (!other || other.pid === process.pid || !runs(other.pid) || !(await listens(other.portBase))) {
    // Tried before anything is built.
    rmSync(writeDraft(file, ''));
    return true;
  }
  if (!hasConsole) return false;
  throw new OperatorError(
    `Alongside runs here already: ${other.urls.console} (process ${other.pid}). Stop it first, or give this one a folder of its own with --data, or --state FILE to share the data.`,
  );
}
