import { randomInt } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { UsageError } from '@alongside/kernel/operator';
import type { FuzzFailure, FuzzResult } from './engine.ts';
import { inputOf } from './engine.ts';
import type { TargetWork } from './one-target.ts';
import { type FuzzOptions, help, readOptions } from './options.ts';
import { loadTarget } from './registry.ts';

/** Milliseconds after which an input counts as endless. */
const HANGS = 10_000;

const say = (line: string): unknown => process.stderr.write(`${line}\n`);

/** Runs one target to its end, its failure, or the input that does not return. */
function runTarget(name: string, { seed, from, rounds, seconds, json }: FuzzOptions): Promise<FuzzResult> {
  const progress = new SharedArrayBuffer(8);
  const round = new BigInt64Array(progress);
  Atomics.store(round, 0, BigInt(from));
  const workerData: TargetWork = { name, seed, from, rounds, seconds, progress };
  const worker = new Worker(new URL('./one-target.ts', import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    let [last, since] = [from, performance.now()];
    const watch = setInterval(() => {
      const now = Number(Atomics.load(round, 0));
      if (now !== last) [last, since] = [now, performance.now()];
      else if (performance.now() - since > HANGS) void hangs(now);
    }, 500);
    const shown = setInterval(() => json || say(`${name}: round ${Number(Atomics.load(round, 0))}`), 10_000);
    const end = (settle: () => void): void => {
      clearInterval(watch);
      clearInterval(shown);
      settle();
    };
    const hangs = async (at: number): Promise<void> => {
      clearInterval(watch);
      await worker.terminate();
      const input = Buffer.from(inputOf(await loadTarget(name), seed, at)).toString('hex');
      const failure = { target: name, seed, round: at, error: 'It does not come back.', input };
      end(() => resolve({ rounds: at - from + 1, failure }));
    };
    worker.once('message', (result: FuzzResult) => end(() => resolve(result)));
    worker.once('error', (error) => end(() => reject(error)));
  });
}

const again = ({ target, seed, round }: FuzzFailure): string =>
  `npm run fuzz -- --target ${target} --seed ${seed} --round ${round} --rounds 1`;

function report(name: string, seed: number, { rounds, failure }: FuzzResult, json: boolean): void {
  if (json) {
    const more = failure ? { failure: { ...failure, again: again(failure) } } : {};
    process.stdout.write(`${JSON.stringify({ target: name, seed, rounds, ok: !failure, ...more })}\n`);
    return;
  }
  process.stdout.write(`${name}: ${rounds} rounds, ${failure ? 'FAILED' : 'ok'}\n`);
  if (failure)
    process.stdout.write(`${failure.error}\ninput: ${failure.input}\nhave it again: ${again(failure)}\n`);
}

/** Runs the command line; resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, randomInt(2 ** 32));
  if (options === 'help') {
    process.stdout.write(help);
    return 0;
  }
  if (!options.json) say(`seed ${options.seed}`);
  let code = 0;
  for (const name of options.targets) {
    const result = await runTarget(name, options);
    report(name, options.seed, result, options.json);
    if (result.failure) code = 1;
  }
  return code;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(error.message);
  process.exitCode = 2;
}
