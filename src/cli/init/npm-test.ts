import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { environment } from '@alongside/kernel/operator';
import type { Progress } from '../progress.ts';

/** The tests that a project has without init. */
export interface OwnTests {
  /** The command that runs all of them. */
  readonly command: string;
  /** Whether it cannot include the new test before Alongside is installed. */
  readonly needsInstallation: boolean;
}

/** How a run of the project's tests ended. */
export type Outcome = 'passed' | 'failed' | 'late';

export interface TestRun {
  readonly outcome: Outcome;
  /** The last lines of its output. */
  readonly output: readonly string[];
}

export interface RunOptions {
  /** Seconds after which it is ended. */
  limit: number;
  progress: Progress;
  signal: AbortSignal;
}

/** Characters of the output that are kept. */
const maxOutputLength = 8_000;
const maxLines = 20;

/** Ends a command with the processes that it started. */
function end({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Runs the command of a project's tests once, without a terminal. It is ended after the limit and by the signal. */
export async function runTests(
  folder: string,
  command: string,
  { limit, progress, signal }: RunOptions,
): Promise<TestRun> {
  signal.throwIfAborted();
  const child = spawn(command, {
    cwd: folder,
    shell: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that it is ended as a whole.
    detached: process.platform !== 'win32',
    // Runners that watch files by default run once in CI.
    env: { CI: 'true', ...environment() },
  });
  let output = '';
  let isLate = false;
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-maxOutputLength);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const timer = setTimeout(() => {
    isLate = true;
    end(child);
  }, limit * 1_000);
  const stop = () => end(child);
  signal.addEventListener('abort', stop);
  try {
    const [code] = (await progress.during(`Running "${command}"`, once(child, 'close'))) as [number | null];
    signal.throwIfAborted();
    const lines = output.trimEnd().split(/\r?\n/).slice(-maxLines);
    const ended = code === 0 ? 'passed' : 'failed';
    return { outcome: isLate ? 'late' : ended, output: lines };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Whether a project can load Alongside: its package is in a `node_modules` of the folder or above. */
export function hasAlongside(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', 'alongside', 'package.json'))) return true;
    if (at === dirname(at)) return false;
  }
}
