// Measures cold start and silent sign-in with the real command, from the tree and from the package: `npm run bench:start`. Reports
// medians; never fails on a figure.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Navigator } from '../test/testing/navigate.ts';
import { startCommand } from './command.ts';
import { benchOptions, printReport } from './flags.ts';
import { median, usage } from './usage.ts';

const { ROUNDS: rounds, json } = benchOptions('bench:start', { ROUNDS: 7 });
const journeys = 40;

/** Builds and unpacks the package of the product. */
function unpack(folder: string): { program: string; packedBytes: number } {
  const pack = join(import.meta.dirname, '../scripts/pack.mjs');
  const built = execFileSync(process.execPath, [pack, folder, '--only', 'alongside'], { encoding: 'utf8' });
  const file = built.trim();
  execFileSync('tar', ['-xzf', file, '-C', folder]);
  return { program: join(folder, 'package/bin/alongside.cjs'), packedBytes: statSync(file).size };
}

interface Measured {
  readyMs: number;
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

/** Measures starts and sign-ins of one program; the clone's by default. */
async function measure(program?: string): Promise<Measured> {
  const start = () =>
    startCommand(['--ephemeral', '--log-level', 'warn'], program === undefined ? {} : { program });
  const ready: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const instance = await start();
    ready.push(instance.readyMs);
    memory.push(usage(instance.pid).rss);
    await instance.stop();
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
  return { readyMs: median(ready), residentMiB: median(memory), loadedMiB, signIns };
}

const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
try {
  const { program, packedBytes } = unpack(folder);
  const [tree, packed] = [await measure(), await measure(program)];
  const figures = { node: process.version, rounds, journeys, ...tree, package: { ...packed, packedBytes } };
  const row = (what: string, of: (one: Measured) => number, unit: string, goals: string) =>
    `${what.padEnd(34)} ${`${of(tree).toFixed(0)} ${unit}`.padStart(9)} ${`${of(packed).toFixed(0)} ${unit}`.padStart(9)}   ${goals}`;
  const report = [
    `Node ${process.version}, medians of ${rounds} starts, ${journeys} journeys of each pattern`,
    `${' '.repeat(34)}      tree   package   goals`,
    row('ready after start of the process', ({ readyMs }) => readyMs, 'ms', '600; 1000'),
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
