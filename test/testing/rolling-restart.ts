import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../../src/cli/testing/command.ts';
import type { StateFile } from '../../src/state-file.ts';

/** A real process of `alongside serve` that is restarted with the same flags. */
export class ServeProcess {
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;
  /** Its address of CIS2, which changes with each start because the ports are free ones. */
  origin = '';

  constructor(flags: readonly string[]) {
    this.#flags = ['--port-base', '0', '--json', '--only', 'cis2', ...flags];
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [main, 'serve', ...this.#flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const early = once(child, 'exit').then(([code]) => {
      throw new Error(`serve ended with ${code} before it was ready.`);
    });
    early.catch(() => undefined);
    const [line] = (await Promise.race([once(child.stdout, 'data'), early])) as [Buffer];
    this.origin = new URL((JSON.parse(String(line)) as StateFile).urls.cis2Issuer).origin;
  }

  /** Resolves with the exit code or signal. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
    child.kill(signal);
    const [code, by] = await exit;
    return code ?? by;
  }
}

/** Milliseconds between two polls of `/readyz`. */
const pollEvery = 100;

/** A small load balancer, which alternates between the ready processes. */
class Balancer {
  readonly #processes: readonly ServeProcess[];
  #ready: string[] = [];
  #polledAt = Number.NEGATIVE_INFINITY;
  #polling: Promise<void> | undefined;
  #turn = 0;

  constructor(processes: readonly ServeProcess[]) {
    this.#processes = processes;
  }

  /** Returns the next ready process. Its knowledge is at most one poll old, even on a slow machine. */
  async next(): Promise<string> {
    while (this.#ready.length === 0 || performance.now() - this.#polledAt > pollEvery) {
      this.#polling ??= this.#poll().finally(() => {
        this.#polling = undefined;
      });
      await this.#polling;
      if (this.#ready.length === 0) await sleep(pollEvery / 10);
    }
    return this.#ready[this.#turn++ % this.#ready.length] ?? '';
  }

  async #poll(): Promise<void> {
    const at = performance.now();
    const origins = this.#processes.map(({ origin }) => origin).filter(Boolean);
    const ready = await Promise.all(
      origins.map((origin) =>
        ask(`${origin}/readyz`, false).then(
          (status) => status === 200,
          () => false,
        ),
      ),
    );
    this.#ready = origins.filter((_, index) => ready[index]);
    this.#polledAt = at;
  }
}

async function ask(address: string, agent: Agent | false): Promise<number> {
  const request = get(address, { agent });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode ?? 0;
}

export interface RollingResult {
  answered: number;
  /** One line for each request that failed with 500 or more, or without a response. */
  failed: string[];
  /** How each process ended. */
  ends: (number | string | null)[];
}

/** Restarts processes one after another, each when the previous one is ready, while clients keep their connections. */
export async function rollingRestarts(
  processes: readonly ServeProcess[],
  { restarts, callers, path }: { restarts: number; callers: number; path: string },
): Promise<RollingResult> {
  const balancer = new Balancer(processes);
  const result: RollingResult = { answered: 0, failed: [], ends: [] };
  let isOver = false;
  const caller = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isOver) {
      const origin = await balancer.next();
      try {
        const status = await ask(`${origin}${path}`, agent);
        if (status < 500) result.answered += 1;
        else result.failed.push(`${origin} answered ${status}`);
      } catch (error) {
        result.failed.push(`${origin}: ${String(error)}`);
      }
    }
    agent.destroy();
  };
  const calling = Promise.all(Array.from({ length: callers }, caller));
  try {
    for (let count = 0; count < restarts; count++) {
      const process_ = processes[count % processes.length];
      result.ends.push((await process_?.stop()) ?? null);
      await process_?.start();
    }
  } finally {
    isOver = true;
    await calling;
  }
  return result;
}
