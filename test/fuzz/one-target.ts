import { parentPort, workerData } from 'node:worker_threads';
import { type FuzzResult, fuzz } from './engine.ts';
import { loadTarget } from './registry.ts';

// One target in a thread of its own, so that an input that never comes back can be named and ended.

export interface TargetWork {
  readonly name: string;
  readonly seed: number;
  readonly from: number;
  readonly rounds: number;
  /** Infinity: the rounds alone end it. */
  readonly seconds: number;
  /** Holds the round that is under way. */
  readonly progress: SharedArrayBuffer;
}

const { name, seed, from, rounds, seconds, progress } = workerData as TargetWork;
const round = new BigInt64Array(progress);
const target = await loadTarget(name);
const until = performance.now() + seconds * 1000;
const result: FuzzResult = await fuzz(target, {
  ...{ seed, from, rounds },
  over: () => performance.now() > until,
  at: (now) => Atomics.store(round, 0, BigInt(now)),
});
parentPort?.postMessage(result);
