import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StateFile } from '../../src/state-file.ts';
import { unlimited } from '../command.ts';

const serve = fileURLToPath(new URL('serve.ts', import.meta.url));

/** The environment of a program that starts many processes of the clone, which then share their compiled code. */
export const sharingCode = (): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../.node/cache', import.meta.url)),
});

/** Processes that share their ports, with the data of development. */
export interface Several {
  readonly state: StateFile;
  /** Of the supervisor. */
  readonly pid: number;
  /** Ids of the processes that serve or start. */
  children(): number[];
  /** The lines of their log so far. */
  readonly log: readonly string[];
  reload(): void;
  /** Resolves with the exit code of the supervisor. */
  stop(): Promise<number | null>;
}

/** Returns the ids of a process's children (Linux). */
export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** Starts processes without an Identity Agent; resolves when all are ready. */
export async function startSeveral(
  processes: number,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Several> {
  const data = mkdtempSync(join(tmpdir(), 'alongside-several-'));
  const given = {
    data,
    processes,
    portBase: 0,
    drainDelay: 0,
    networkLimits: unlimited,
    captureMessages: false,
    logLevel: 'warn',
    ...settings,
  };
  const child: ChildProcess = spawn(process.execPath, [serve, JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: sharingCode(),
  });
  const log: string[] = [];
  if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const exit = once(child, 'exit') as Promise<[number | null]>;
  void exit.then(() => rmSync(data, { recursive: true, force: true }));
  const early = exit.then(([code]) => {
    throw new Error(`The processes ended with ${code}: ${log.join('\n')}`);
  });
  early.catch(() => undefined);
  if (!child.stdout) throw new Error('The processes have no output.');
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), early]);
  return {
    state: JSON.parse(String(line)) as StateFile,
    pid: child.pid ?? 0,
    log,
    children: () => childrenOf(child.pid ?? 0),
    reload: () => void child.kill('SIGHUP'),
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exit;
      return code;
    },
  };
}
