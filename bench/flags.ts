import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Parses a benchmark's options. `--help` prints its usage; others end it with the usage and exit code 2. */
export function readBenchFlags<T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.includes('--help')) {
    process.stdout.write(`Usage: npm run ${usage}\n`);
    process.exit(0);
  }
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
