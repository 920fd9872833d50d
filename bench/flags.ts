import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Parses a benchmark's options; ends it with its usage and exit code 2 for others. */
export function readBenchFlags<T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    return endWith(usage, error as Error);
  }
}

/** Prints the usage of the benchmark, and the error. */
export function endWith(usage: string, error?: Error): never {
  process.stderr.write(`${error ? `${error.message}\n` : ''}Usage: npm run ${usage}\n`);
  process.exit(2);
}
