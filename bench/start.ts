// Measures cold start and silent sign-in with the real command: `npm run bench:start`. Reports medians; never fails on a figure.
import { Navigator } from '../test/testing/navigate.ts';
import { startCommand } from './command.ts';
import { endWith, readBenchFlags } from './flags.ts';
import { median, usage } from './usage.ts';

const usageText = 'bench:start -- [ROUNDS] [--json]';
const { positionals, values } = readBenchFlags(usageText, {
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
});
const rounds = Number(positionals[0] ?? 7);
if (!Number.isInteger(rounds) || rounds < 1) endWith(usageText);
const journeys = 40;
const start = () => startCommand(['--ephemeral']);

/** Makes one sign-in like a browser: redirects only, until the application's page is shown. */
async function journey(from: string): Promise<number> {
  const { answer, hops } = await new Navigator().go(from);
  if (answer.status !== 200) throw new Error(`${hops.at(-1)} answered ${answer.status}`);
  return hops.length;
}

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
const results: Record<string, { hops: number; ms: number; cpu: number }> = {};
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
  results[pattern] = { hops, ms: median(times), cpu: (usage(pid).cpu - before) / journeys };
}
const loaded = usage(pid).rss;
await instance.stop();

const figures = {
  node: process.version,
  rounds,
  journeys,
  readyMs: median(ready),
  residentMiB: median(memory),
  loadedMiB: loaded,
  signIns: results,
};
const report = [
  `Node ${process.version}, ${rounds} starts, ${journeys} journeys of each pattern`,
  `ready after start of the process   median ${figures.readyMs.toFixed(0)} ms   (goal 600)`,
  `resident when ready                median ${figures.residentMiB.toFixed(0)} MiB  (goal 150)`,
  `resident after the journeys        ${loaded.toFixed(0)} MiB`,
  ...Object.entries(results).map(
    ([pattern, { hops, ms, cpu }]) =>
      `silent ${pattern}: ${hops} requests of the browser, median ${ms.toFixed(1)} ms, ${cpu.toFixed(1)} ms of processor time on the server`,
  ),
];
process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : `${report.join('\n')}\n`);
