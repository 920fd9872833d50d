import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { ServiceUser } from '../../test/testing/service-user.ts';

/** System calls that wait for the disk. SQLite uses fsync or fdatasync, PostgreSQL both. */
const calls = 'fsync,fdatasync';

/** Slows down each sync of some processes, and measures the delay. */
export interface SlowSync {
  /** Ends it. Returns the milliseconds of each sync. */
  stop(): Promise<readonly number[]>;
}

/** Returns the process and its children. */
export function familyOf(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // The parent is the second field after the name, which may contain any characters.
        return Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]) === pid;
      } catch {
        return false;
      }
    });
  return [pid, ...children.map(Number)];
}

/** Delays each sync of these processes, of their threads and of their later children by this many milliseconds. */
export async function slowSync(pids: readonly number[], delay: number, user: ServiceUser): Promise<SlowSync> {
  const tracer: ChildProcess = spawn(
    'strace',
    [
      '-f',
      '-T',
      '-e',
      `trace=${calls}`,
      '-e',
      'signal=none',
      '-e',
      `inject=${calls}:delay_enter=${delay}ms`,
      ...pids.flatMap((pid) => ['-p', String(pid)]),
    ],
    // The harness handles Ctrl-C and then ends it.
    { ...user, stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  let trace = '';
  tracer.stderr?.on('data', (part: Buffer) => (trace += part.toString()));
  const ended = once(tracer, 'close');
  await Promise.race([once(tracer.stderr as NodeJS.ReadableStream, 'data'), ended]);
  if (tracer.exitCode !== null) throw new Error(`strace ended with ${tracer.exitCode}: ${trace}`);
  return {
    async stop() {
      tracer.kill('SIGINT');
      await ended;
      return [...trace.matchAll(/\(DELAYED\) <(\d+\.\d+)>/g)].map(([, seconds]) => Number(seconds) * 1_000);
    },
  };
}

/** Returns why this user cannot slow down the other user's processes here. */
export function slowSyncProblem(user: ServiceUser): string | undefined {
  const program = spawn('sleep', ['10'], { ...user, stdio: 'ignore' });
  try {
    if (program.pid === undefined) return 'the program sleep does not start';
    const { error, stderr } = spawnSync(
      'strace',
      ['-e', `inject=${calls}:delay_enter=1`, '-p', String(program.pid)],
      { ...user, timeout: 300, killSignal: 'SIGINT', encoding: 'utf8' },
    );
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (code === 'ENOENT') return 'strace is not installed (Debian package strace)';
    if (/ attached/.test(stderr)) return undefined;
    return `strace cannot trace processes here: ${stderr.trim().split('\n')[0] || code}`;
  } finally {
    program.kill('SIGKILL');
  }
}
