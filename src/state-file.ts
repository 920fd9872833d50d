import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import { makeFolder, OperatorError } from '@alongside/kernel/operator';
import { renameSafelySync } from '@alongside/kernel/rename';
import type { Ports } from './boot/addresses.ts';

/** Information of a running instance for other commands: the members of `GET /state`, and the addresses on this machine. */
export interface StateFile {
  version: string;
  urls: {
    console: string;
    api: string;
    apis: string;
    cis2Issuer: string;
    identityAgent: string;
    cis: string;
    sample: string;
  };
  database: string;
  pid: number;
  portBase: number;
  /** The local port of each service, whatever its public address is. */
  ports: Readonly<Ports>;
  agentSocket: string | null;
  /** Address of the metrics; null without them. */
  metrics: string | null;
  /** PEM file of the authorities that the instance trusts besides those of the system; null without one. */
  tlsAuthority: string | null;
  /** Addresses and ranges of the proxies that it trusted when it started. */
  trustedProxies: readonly string[];
  stateFile: string;
}

/** Credentials of this machine's commands in production. They are only in the file, and valid until the instance stops. */
export interface LocalOperator {
  /** The console's address on this machine. */
  url: string;
  /** Sent as a bearer token: anyone who can read the file can operate the instance. */
  token: string;
}

/** Writes a temporary file that only its owner can read. Returns its path. */
function writeDraft(file: string, text: string): string {
  const draft = `${file}.${process.pid}`;
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a folder');
    makeFolder(dirname(file), 0o700);
    writeFileSync(draft, text, { mode: 0o600 });
  } catch (error) {
    throw new OperatorError(
      `The state file ${file} cannot be written: ${reasonOf(error)}. Choose another with --state.`,
    );
  }
  return draft;
}

/** Writes the state file atomically. */
export function writeStateFile(state: StateFile & { operator?: LocalOperator }): void {
  renameSafelySync(writeDraft(state.stateFile, `${JSON.stringify(state, null, 2)}\n`), state.stateFile);
}

/** Returns the file by which `alongside stop` asks the instance of a state file to stop. */
export const stopRequestOf = (stateFile: string): string => `${stateFile}.stop`;

/** Removes a request to an earlier instance, whose process id this one may have: in a container it is always 1. */
function removeStopRequest(stateFile: string): void {
  try {
    rmSync(stopRequestOf(stateFile), { force: true });
  } catch {
    // A folder is no request.
  }
}

/** Removes the state file of this process; keeps that of another instance. */
export function removeStateFile(state: StateFile): void {
  if (writerOf(state.stateFile)?.pid === state.pid) rmSync(state.stateFile, { force: true });
}

function writerOf(file: string): StateFile | undefined {
  try {
    return parseOwnJson(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // none, or one left incomplete by a crash
  }
}

/** Returns whether a process with this id exists, also of another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Returns whether something on this machine accepts connections at a port. */
export const listens = (port: number): Promise<boolean> =>
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
 * Returns whether this process may write the state file. Another live instance keeps its own, because its commands need it.
 * Throws if this instance has a console, which commands could not find then.
 */
export async function claimStateFile(file: string, hasConsole: boolean): Promise<boolean> {
  const other = writerOf(file);
  // The process id may belong to another program by now, especially in a container, so the port is tried as well.
  if (!other || other.pid === process.pid || !isAlive(other.pid) || !(await listens(other.portBase))) {
    // Tried before anything is built.
    rmSync(writeDraft(file, ''));
    removeStopRequest(file);
    return true;
  }
  if (!hasConsole) return false;
  throw new OperatorError(
    `Alongside runs here already: ${other.urls.console} (process ${other.pid}). Stop it first, or use another folder with --data, or --state FILE to share the data.`,
  );
}
