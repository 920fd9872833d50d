import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds between two looks, and the part of them in which the process may have worked. */
const interval = 1_000;
const almostIdle = 0.05;

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

/** Collects garbage and moves what remains together, so that V8 returns the other pages. */
function compact(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/**
 * Returns the memory of the start to the system, once: half of the heap is garbage of loading modules then, and V8 would keep its
 * pages for a process with little to do. It takes about a tenth of a second, so it waits for a second with almost no work.
 */
export function compactOnceIdle(): void {
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > almostIdle) return;
    clearInterval(timer);
    compact();
  }, interval).unref();
}
