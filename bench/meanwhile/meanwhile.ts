import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Called } from './caller.ts';

/** How long calls waited for their responses, in milliseconds. */
export interface Waits {
  readonly calls: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

function waitsOf(times: number[]): Waits {
  times.sort((a, b) => a - b);
  const at = (part: number) => Math.round((times[Math.floor((times.length - 1) * part)] ?? 0) * 10) / 10;
  return { calls: times.length, p50: at(0.5), p99: at(0.99), longest: at(1) };
}

/**
 * Another caller, which calls an address every few milliseconds. It has a thread of its own, so that the work of the benchmark does not
 * count as waiting.
 */
export class OtherCaller {
  readonly #worker: Worker;
  #times: number[] = [];

  constructor(called: Called) {
    this.#worker = new Worker(new URL('./caller.ts', import.meta.url), { workerData: called });
  }

  async #take(): Promise<number[]> {
    this.#worker.postMessage('report');
    const [times] = (await once(this.#worker, 'message')) as [number[]];
    return times;
  }

  /** Keeps how long calls wait while this work runs. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    await this.#take();
    const result = await work();
    this.#times.push(...(await this.#take()));
    return result;
  }

  /** Returns the waits that were kept, and forgets them. */
  waits(): Waits {
    const times = this.#times;
    this.#times = [];
    return waitsOf(times);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
