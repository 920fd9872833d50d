import { readdirSync, readFileSync } from 'node:fs';

/** Returns resident memory in MiB of a process, and processor time in milliseconds of its living threads. */
export function usage(pid: number): { rss: number; cpu: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  // In nanoseconds; `/proc/PID/stat` counts steps of 10 ms.
  const times = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return {
    rss: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
    cpu: times.reduce((sum, time) => sum + time, 0) / 1e6,
  };
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Returns the processor time in milliseconds of a process and its children, such as PostgreSQL with its connections. */
export function cpuWithChildren(pid: number): number {
  const tree = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  let sum = 0;
  for (const name of tree)
    try {
      const facts = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      if (Number(name) === pid || Number(facts[1]) === pid) sum += usage(Number(name)).cpu;
      // Of its children that have ended, in steps of 10 ms.
      if (Number(name) === pid) sum += 10 * (Number(facts[13]) + Number(facts[14]));
    } catch {
      // It has ended.
    }
  return sum;
}
