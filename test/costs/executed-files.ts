import { type Profiler, Session } from 'node:inspector/promises';

const product = /\/((?:src|kernel|identity-agent)\/(?!.*\/testing\/)[^?]*\.ts)$/;

const executedIn = ({ result }: Profiler.TakePreciseCoverageReturnType): Set<string> =>
  new Set(
    result
      .filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
      .flatMap(({ url }) => product.exec(url)?.[1] ?? []),
  );

/**
 * Returns the files of the product of which an operation executes a function, as paths within the clone. Runs it ten times, and again
 * while there are more files than the limit: timers run in some of the runs only, on a busy machine in most.
 */
export async function executedFiles(operation: () => Promise<unknown>, limit: number): Promise<string[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    let always: Set<string> | undefined;
    for (let run = 0; run < 10 || (run < 100 && (always?.size ?? 0) > limit); run++) {
      await session.post('Profiler.takePreciseCoverage');
      await operation();
      const executed = executedIn(await session.post('Profiler.takePreciseCoverage'));
      always = always ? new Set([...always].filter((file) => executed.has(file))) : executed;
    }
    return [...(always ?? [])].sort();
  } finally {
    session.disconnect();
  }
}
