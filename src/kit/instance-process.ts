import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { parseOwnJson } from '@alongside/kernel/json';
import { environment, OperatorError } from '@alongside/kernel/operator';
import type { StateFile } from '../state-file.ts';

/** Maximum number of stored log lines. */
const maxLines = 2_000;

export interface ProcessOptions {
  /** Program that starts `alongside`: an executable with its first arguments. */
  readonly program: readonly [string, ...string[]];
  /** Further options of `alongside up`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until it must be ready. */
  readonly timeout?: number;
  /** Milliseconds until it must have stopped. */
  readonly stopTimeout?: number;
  /** Receives each line of its log. */
  readonly onLine?: (line: string) => void;
}

/** An ephemeral instance on free ports, in a child process that ends with this one and does not keep it running. */
export interface InstanceProcess {
  readonly state: StateFile;
  /** Newest lines of its log, JSON each. */
  readonly log: readonly string[];
  /** Resolves with the reason when it has ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Resolves when a process has ended. */
const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });

/** Lets this process end while the child runs, such as after tests that do not stop their instance. */
function letEnd(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket | null)?.unref();
}

/** Ends a process, in order or after a time limit. Windows has no signals: they would end it before it has removed its folder. */
async function stop(child: ChildProcess, ended: Promise<string>, timeout: number): Promise<void> {
  // Otherwise this process might end first.
  child.ref();
  child.stdin?.end();
  const kill = setTimeout(() => child.kill('SIGKILL'), timeout);
  await ended;
  clearTimeout(kill);
}

/**
 * Starts `alongside up` and resolves when it is ready. Its standard input is a pipe, so it stops when this process ends, however
 * that happens.
 * @throws OperatorError with the end of its output if it does not start
 */
export async function startInstanceProcess({
  program: [executable, ...first],
  args = [],
  env = {},
  timeout = 60_000,
  stopTimeout = 60_000,
  onLine = () => undefined,
}: ProcessOptions): Promise<InstanceProcess> {
  // Elsewhere the agent cannot see whose program waits for a code, and no person confirms it.
  const confirms = process.platform === 'linux' ? [] : ['--no-confirm-native'];
  const flags = ['--ephemeral', '--port-base', '0', '--log-level', 'info', ...confirms, ...args];
  const child = spawn(executable, [...first, 'up', '--json', '--end-with-input', ...flags], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...environment(), ALONGSIDE_STATE: undefined, ...env },
    // Otherwise Ctrl-C would end it before the tests that use it.
    detached: process.platform !== 'win32',
  });
  // Writing fails once it has ended; `ended` reports that.
  child.stdin.on('error', () => undefined);
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line);
    if (log.length > maxLines) log.shift();
    onLine(line);
  });
  let isStopped = false;
  const ended = endOf(child).then((reason) => (isStopped ? 'it was stopped' : reason));
  const timer = new AbortController();
  const tooLate = new Promise<string>((resolve) => {
    const wait = setTimeout(() => resolve(`it was not ready within ${timeout / 1_000} s`), timeout);
    timer.signal.addEventListener('abort', () => clearTimeout(wait));
  });
  const ready = new Promise<{ line: string }>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve({ line }));
  });
  const outcome = await Promise.race([ready, ended, tooLate]);
  timer.abort();
  if (typeof outcome === 'string') {
    child.kill('SIGKILL');
    const words = log.slice(-5).join('\n');
    throw new OperatorError(`Alongside did not start: ${outcome}.${words === '' ? '' : `\n${words}`}`);
  }
  const state = parseOwnJson<StateFile & { error?: { message: string } }>(outcome.line);
  if (state.error) throw new OperatorError(`Alongside did not start: ${state.error.message}`);
  letEnd(child);
  return {
    state,
    log,
    ended,
    stop() {
      isStopped = true;
      return stop(child, ended, stopTimeout);
    },
  };
}
