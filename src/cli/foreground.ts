import { environment, loadConfig, readFlags } from '@alongside/kernel/config';
import type { Config, configShape } from '../config.ts';
import { noMore } from './command.ts';

// What the commands share that start an instance: `up` and `serve`.

/** Resolves at the first Ctrl-C or end signal. A second one ends the process at once. */
export const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
  });

/** The file that the configuration is read from, where one is named. */
export const configFileOf = (flags: Record<string, unknown>): string | undefined =>
  (flags.config as string | undefined) ?? environment().ALONGSIDE_CONFIG;

/** The configuration as flags, environment and file say. Throws UsageError for words beyond the flags. */
export function readConfig(shape: typeof configShape, argv: readonly string[]): Config {
  const { flags, words } = readFlags(shape, argv);
  noMore(words, 0);
  return loadConfig(shape, flags, configFileOf(flags));
}
