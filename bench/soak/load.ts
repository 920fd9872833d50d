import { reasonOf } from '@alongside/kernel/errors';
import { type Operation, scenarios } from '../peers/scenarios.ts';
import type { Target } from '../peers/target.ts';

/** What the load did since the last look. */
export interface Measured {
  readonly operations: number;
  /** In milliseconds. */
  readonly signInP99: number;
}

export interface Load {
  /** Reasons of failed operations. */
  readonly failures: readonly string[];
  take(): Measured;
  /** Resolves when no operation runs any more. */
  stop(): Promise<void>;
}

/** Rows of the comparison with peers that make up the load; every second operation is a whole sign-in. */
const turns = ['sign-on', 'code', 'sign-on', 'refresh-secret', 'sign-on', 'exchange', 'sign-on', 'opaque'];
/** Each takes the token of the one before. */
const oneByOne = 'refresh-secret';
/** Operations that may wait for the server; more means that it does not keep up. */
const maxRunning = 200;
/** Operations that are prepared at once, because a client signs each assertion. */
const prepared = 16;

/** Starts operations at a steady rate, whether or not earlier ones have ended. */
export async function startLoad(target: Target, perSecond: number): Promise<Load> {
  const failures: string[] = [];
  const running = new Set<Promise<void>>();
  const ready = new Map<string, Operation[]>();
  let operations = 0;
  let signIns: number[] = [];
  let turn = 0;
  let refreshed = Promise.resolve();
  let isStopped = false;

  async function next(id: string): Promise<Operation | undefined> {
    const waiting = ready.get(id) ?? [];
    if (waiting.length === 0) {
      const scenario = scenarios.find((one) => one.id === id);
      waiting.push(...((await scenario?.prepare(target, 1, prepared))?.[0] ?? []));
      ready.set(id, waiting);
    }
    return waiting.shift();
  }

  async function run(id: string): Promise<void> {
    try {
      const operation = await next(id);
      const from = performance.now();
      await operation?.();
      if (id === 'sign-on') signIns.push(performance.now() - from);
      operations += 1;
    } catch (error) {
      failures.push(`${id}: ${reasonOf(error)}`);
    }
  }

  const timer = setInterval(() => {
    if (running.size >= maxRunning) {
      failures.push(`the server does not keep up: ${maxRunning} operations wait`);
      return;
    }
    const id = turns[turn++ % turns.length] ?? '';
    const started = id === oneByOne ? refreshed.then(() => run(id)) : run(id);
    if (id === oneByOne) refreshed = started;
    const operation = started.finally(() => running.delete(operation));
    running.add(operation);
  }, 1_000 / perSecond);

  return {
    failures,
    take() {
      signIns.sort((a, b) => a - b);
      const measured = { operations, signInP99: signIns[Math.floor((signIns.length - 1) * 0.99)] ?? 0 };
      operations = 0;
      signIns = [];
      return measured;
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}
