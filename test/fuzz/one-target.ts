import { parentPort, workerData } from 'node:worker_threads';
import { type FuzzResult, fuzz } from './engine.ts';
import { loadTarget } from './registry.ts';

// Runs one target in a separate thread, so that an endless input can be reported and stopped.

export interface TargetWork {
  readonly name: string;
  readonly seed: number;
  readonly from: number;
  readonly rounds: number;
  /** Infinity: limited only by the rounds. */
  readonly seconds: number;
  /** The current round. */
  readonly progress: SharedArrayBuffer;
}

const { name, seed, from, rounds, seconds, progress } = workerData as TargetWork;
const round = new BigInt64Array(progress);
const target = await loadTarget(name);
const until = performance.now() + seconds * 1000;
const result: FuzzResult = await fuzz(target, {
  seed,
  from,
  rounds,
  over: () => performance.now() > until,
  at: (now) => Atomics.store(round, 0, BigInt(now)),
});
parentPort?.postMessage(result);
