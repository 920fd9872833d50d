// Measures cold start, the start of a test worker and silent sign-in with the real command, from the tree and from the package: `npm run bench:start`. Reports
// medians; never fails on a figure.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Navigator } from '../test/testing/navigate.ts';
import { startCommand } from './command.ts';
import { benchOptions, printReport } from './flags.ts';
import { cpuWithChildren, median, usage } from './usage.ts';

const { ROUNDS: rounds, json } = benchOptions('bench:start', { ROUNDS: 7 });
const journeys = 40;

/** Builds and unpacks the package of the product. */
function unpack(folder: string): { program: string; kit: string; packedBytes: number } {
  const pack = join(import.meta.dirname, '../scripts/pack.mjs');
  const built = execFileSync(process.execPath, [pack, folder, '--only', 'alongside'], { encoding: 'utf8' });
  const file = built.trim();
  execFileSync('tar', ['-xzf', file, '-C', folder]);
  const unpacked = join(folder, 'package');
  return {
    program: join(unpacked, 'bin/alongside.cjs'),
    kit: join(unpacked, 'dist/testing.js'),
    packedBytes: statSync(file).size,
  };
}

/** Milliseconds from the start of a process of a test runner to its first user at the desk; `cpu` with its instance. */
interface WorkerStart {
  ms: number;
  cpu: number;
}

interface Measured {
  readyMs: number;
  worker: WorkerStart;
  residentMiB: number;
  loadedMiB: number;
  signIns: Record<string, { hops: number; ms: number; cpu: number }>;
}

/** Makes one sign-in like a browser: redirects only, until the application's page is shown. */
async function journey(from: string): Promise<number> {
  const { answer, hops } = await new Navigator().go(from);
  if (answer.status !== 200) throw new Error(`${hops.at(-1)} answered ${answer.status}`);
  return hops.length;
}

/** What a worker of a test runner does before its first test. */
const workerProgram = `const { start } = await import(process.argv[1]);
const instance = await start();
await instance.desk('gp');
console.log('signed in');
await new Promise((resolve) => process.stdin.once('end', resolve).resume());
await instance.stop();`;

/** Measures the start of a worker with the test kit in this module. */
async function startWorker(kit: string): Promise<WorkerStart> {
  const began = performance.now();
  const words = ['--input-type=module', '--eval', workerProgram, pathToFileURL(kit).href];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(createInterface({ input: child.stdout }), 'line');
  const measured = { ms: performance.now() - began, cpu: cpuWithChildren(child.pid ?? 0) };
  child.stdin.end();
  await ended;
  return measured;
}

const clonedKit = join(import.meta.dirname, '../src/kit/index.ts');

/** Measures starts and sign-ins of one program; the clone's by default. */
async function measure({
  program,
  kit = clonedKit,
}: {
  program?: string;
  kit?: string;
} = {}): Promise<Measured> {
  const start = () =>
    startCommand(['--ephemeral', '--log-level', 'warn'], program === undefined ? {} : { program });
  const ready: number[] = [];
  const memory: number[] = [];
  const workers: WorkerStart[] = [];
  for (let round = 0; round < rounds; round++) {
    const instance = await start();
    ready.push(instance.readyMs);
    memory.push(usage(instance.pid).rss);
    await instance.stop();
    workers.push(await startWorker(kit));
  }

  const instance = await start();
  const { pid } = instance;
  await instance.signInAtDesk();
  const signIns: Measured['signIns'] = {};
  for (const pattern of ['combined', 'separate']) {
    const address = `${instance.urls.sample}/sign-in/${pattern}`;
    for (let n = 0; n < 10; n++) await journey(address);
    const times: number[] = [];
    const before = usage(pid).cpu;
    let hops = 0;
    for (let n = 0; n < journeys; n++) {
      const began = performance.now();
      hops = await journey(address);
      times.push(performance.now() - began);
    }
    signIns[pattern] = { hops, ms: median(times), cpu: (usage(pid).cpu - before) / journeys };
  }
  const loadedMiB = usage(pid).rss;
  await instance.stop();
  const worker = { ms: median(workers.map(({ ms }) => ms)), cpu: median(workers.map(({ cpu }) => cpu)) };
  return { readyMs: median(ready), worker, residentMiB: median(memory), loadedMiB, signIns };
}

const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
try {
  const { packedBytes, ...unpacked } = unpack(folder);
  const [tree, packed] = [await measure(), await measure(unpacked)];
  const figures = { node: process.version, rounds, journeys, ...tree, package: { ...packed, packedBytes } };
  const row = (what: string, of: (one: Measured) => number, unit: string, goals: string) =>
    `${what.padEnd(36)} ${`${of(tree).toFixed(0)} ${unit}`.padStart(9)} ${`${of(packed).toFixed(0)} ${unit}`.padStart(9)}   ${goals}`;
  const report = [
    `Node ${process.version}, medians of ${rounds} starts, ${journeys} journeys of each pattern`,
    `${' '.repeat(36)}      tree   package   goals`,
    row('ready after start of the process', ({ readyMs }) => readyMs, 'ms', '600; 1000'),
    row('test worker, to a user at the desk', ({ worker }) => worker.ms, 'ms', '-; 1000'),
    row('  its processor time', ({ worker }) => worker.cpu, 'ms', ''),
    row('resident when ready', ({ residentMiB }) => residentMiB, 'MiB', '150; 140'),
    row('resident after the journeys', ({ loadedMiB }) => loadedMiB, 'MiB', ''),
    `packed size of the package: ${(packedBytes / 1_000_000).toFixed(2)} MB (goal 1.2)`,
    ...Object.entries(tree.signIns).map(
      ([pattern, { hops, ms, cpu }]) =>
        `silent ${pattern}: ${hops} requests of the browser, median ${ms.toFixed(1)} ms, ${cpu.toFixed(1)} ms of processor time on the server`,
    ),
  ];
  printReport(json, figures, report);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
