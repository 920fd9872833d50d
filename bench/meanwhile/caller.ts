import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/** An address to call, and the headers of the calls. */
export interface Called {
  readonly address: string;
  readonly headers?: Record<string, string>;
}

/** Milliseconds between two calls. */
const pause = 5;

const { address, headers = {} } = workerData as Called;
let times: number[] = [];
let reported = 0;
parentPort?.on('message', () => {
  parentPort?.postMessage(times);
  times = [];
  reported += 1;
});

for (;;) {
  const before = reported;
  const began = performance.now();
  const response = await fetch(address, { headers });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  // A call that was under way at a report belongs to neither period.
  if (before === reported) times.push(performance.now() - began);
  await wait(pause);
}
