import { loadConfig, readFlags } from '@alongside/kernel/config';
import { environment } from '@alongside/kernel/operator';
import type { Config, configShape } from '../config.ts';
import { noMore, type Output } from './command.ts';

// What the commands share that last: `up`, `serve`, `check`.

const endSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
const signals: readonly NodeJS.Signals[] = [...endSignals, 'SIGHUP'];

/** Calls at the first Ctrl-C or end signal. A second one ends the process at once. What it gives back stops listening. */
export function onStop(heard: () => void, on = signals): () => void {
  let asked = false;
  const stop = () => {
    if (asked) process.exit(130);
    asked = true;
    heard();
  };
  for (const signal of on) process.on(signal, stop);
  return () => {
    for (const signal of on) process.off(signal, stop);
  };
}

/** Seconds that everything after the drain may take; `TimeoutStopSec` of deploy/ is longer. */
const longestStop = 50;

/** Stops an instance in order, or ends the process when that takes too long: a hung database, say. */
export async function stopInTime(
  stop: () => Promise<void>,
  { drainDelay }: Config,
  out: Output,
): Promise<void> {
  setTimeout(
    () => {
      out.note('The instance did not stop in time; its process ends.');
      process.exit(1);
    },
    (drainDelay + longestStop) * 1000,
  ).unref();
  await stop();
}

/** Resolves at the first Ctrl-C or end signal. */
export const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    onStop(resolve);
  });

/** Resolves at the first end signal. A hang-up reloads instead, except on Windows, where it is the end of the console. */
export function stopOrReload(reload: () => unknown): Promise<void> {
  if (process.platform === 'win32') return stopSignal();
  process.on('SIGHUP', reload);
  return new Promise((resolve) => {
    onStop(resolve, endSignals);
  });
}

/** The file that the configuration is read from, where one is named. */
export const configFileOf = (flags: Record<string, unknown>): string | undefined =>
  (flags.config as string | undefined) ?? environment().ALONGSIDE_CONFIG;

/** The configuration as flags, environment and file say. Throws UsageError for words beyond the flags. */
export function readConfig(shape: typeof configShape, argv: readonly string[]): Config {
  const { flags, words } = readFlags(shape, argv);
  noMore(words, 0);
  return loadConfig(shape, flags, configFileOf(flags));
}
