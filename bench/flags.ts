import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What a benchmark was called with; anything else than its options ends it with its usage and exit code 2. */
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

/** Says how the benchmark is called, and why it was not. */
export function endWith(usage: string, error?: Error): never {
  process.stderr.write(`${error ? `${error.message}\n` : ''}Usage: npm run ${usage}\n`);
  process.exit(2);
}
