import { cpuWithChildren, median, usage } from '../usage.ts';
import { closeUnused } from './call.ts';
import type { Operation } from './scenarios.ts';

/** A server process to measure, and its requests. */
interface Measurable<T> {
  prepare(target: T, lanes: number, each: number): Promise<Operation[][]>;
}

/** Figures of one operation: processor time of the server and its PostgreSQL in microseconds, operations a second, and times in milliseconds. */
export interface Measured {
  readonly cpu: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Returns the median of each figure. */
export const mediansOf = (rounds: readonly Measured[]): Measured => ({
  cpu: median(rounds.map(({ cpu }) => cpu)),
  perSecond: median(rounds.map(({ perSecond }) => perSecond)),
  p50: median(rounds.map(({ p50 }) => p50)),
  p99: median(rounds.map(({ p99 }) => p99)),
});

/** Measures rounds at each target, in turns, every second time in the opposite order. */
export async function inTurns<R extends { readonly all: Measured[] }>(
  runs: readonly R[],
  rounds: number,
  once: (run: R) => Promise<Measured>,
): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const run of round % 2 === 0 ? runs : [...runs].reverse()) run.all.push(await once(run));
}

/** Runs one round. */
export async function measure<
  T extends {
    readonly pid: number;
    readonly databasePid?: number | undefined;
    readonly hasChildren?: boolean | undefined;
  },
>(target: T, scenario: Measurable<NoInfer<T>>, lanes: number, each: number): Promise<Measured> {
  const prepared = await scenario.prepare(target, lanes, each);
  closeUnused();
  const times: number[] = [];
  const { pid, databasePid, hasChildren } = target;
  const ownCpu = () => (hasChildren ? cpuWithChildren(pid) : usage(pid).cpu);
  const cpuNow = () => ownCpu() + (databasePid === undefined ? 0 : cpuWithChildren(databasePid));
  const before = cpuNow();
  const began = performance.now();
  await Promise.all(
    prepared.map(async (lane) => {
      for (const operation of lane) {
        const from = performance.now();
        await operation();
        times.push(performance.now() - from);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  const cpu = ((cpuNow() - before) * 1_000) / times.length;
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.floor((times.length - 1) * part)] ?? 0;
  return { cpu, perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99) };
}
