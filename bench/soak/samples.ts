import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningCommand } from '../command.ts';
import { usage } from '../usage.ts';
import type { Measured } from './load.ts';

/** A figure that has to stay flat. */
export interface Figure {
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  /** What it may grow by between the second and the last quarter: a part of its value, and an amount. */
  readonly part: number;
  readonly amount: number;
}

/**
 * In the order of the values of a sample. The heap after a collection and the log of SQLite go up and down, so their limits are
 * those of what they may reach in normal service.
 */
export const figures = [
  { label: 'resident memory', unit: ' MiB', digits: 0, part: 0.1, amount: 20 },
  { label: 'used heap', unit: ' MiB', digits: 0, part: 0.15, amount: 10 },
  { label: 'descriptors', unit: '', digits: 0, part: 0, amount: 8 },
  { label: 'write-ahead log', unit: ' MiB', digits: 1, part: 0.1, amount: 8 },
  { label: 'event loop, p99', unit: ' ms', digits: 1, part: 0.5, amount: 5 },
  { label: 'sign-in, p99', unit: ' ms', digits: 0, part: 0.5, amount: 20 },
] as const satisfies readonly Figure[];

export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  readonly operations: number;
  /** In the order of `figures`. */
  readonly values: readonly number[];
}

const mebibytes = (bytes: number): number => bytes / 1_048_576;

function walSize(data: string): number {
  const name = readdirSync(data).find((file) => file.endsWith('-wal'));
  return name === undefined ? 0 : mebibytes(statSync(join(data, name)).size);
}

async function metricsOf(address: string): Promise<(name: string) => number> {
  const text = await (await fetch(address)).text();
  return (name) => {
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    if (line === undefined) throw new Error(`There is no metric ${name}.`);
    return Number(line.slice(name.length + 1));
  };
}

/** Reads all figures of a running instance. */
export async function takeSample(
  { pid, metrics }: RunningCommand,
  data: string,
  { operations, signInP99 }: Measured,
  at: number,
): Promise<Sample> {
  if (metrics === null) throw new Error('The instance has no metrics.');
  const metric = await metricsOf(metrics);
  return {
    at,
    operations,
    values: [
      usage(pid).rss,
      mebibytes(metric('nodejs_heap_size_used_bytes')),
      readdirSync(`/proc/${pid}/fd`).length,
      walSize(data),
      metric('nodejs_eventloop_lag_p99_seconds') * 1_000,
      signInP99,
    ],
  };
}
