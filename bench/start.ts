// Measures cold start and silent sign-in with the real command: `npm run bench:start`. Reports medians; never fails on a figure.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Navigator } from '../test/testing/navigate.ts';
import { endWith, readBenchFlags } from './flags.ts';
import { median, usage } from './usage.ts';

const usageText = 'bench:start -- [ROUNDS]';
const { positionals } = readBenchFlags(usageText, { allowPositionals: true });
const rounds = Number(positionals[0] ?? 7);
if (!Number.isInteger(rounds) || rounds < 1) endWith(usageText);
const journeys = 40;
// The command for users, including the preparation check.
const command = fileURLToPath(new URL('../scripts/alongside.mjs', import.meta.url));

interface Running {
  child: ChildProcess;
  /** Of the serving process, which may be a child of the command. */
  pid: number;
  urls: { console: string; sample: string };
  readyMs: number;
}

function start(): Promise<Running> {
  const began = performance.now();
  const child = spawn(process.execPath, [command, 'up', '--json', '--ephemeral', '--port-base', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`up ended with ${code}`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', (line) => {
      const { urls, pid } = JSON.parse(line) as Pick<Running, 'urls' | 'pid'>;
      resolve({ child, pid, urls, readyMs: performance.now() - began });
    });
  });
}

async function stop({ child }: Running): Promise<void> {
  child.removeAllListeners('exit');
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Makes one sign-in like a browser: redirects only, until the application's page is shown. */
async function journey(from: string): Promise<number> {
  const { answer, hops } = await new Navigator().go(from);
  if (answer.status !== 200) throw new Error(`${hops.at(-1)} answered ${answer.status}`);
  return hops.length;
}

const call = (urls: Running['urls'], method: string, path: string, body?: unknown) =>
  fetch(`${urls.console}/api/v1${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

const ready: number[] = [];
const memory: number[] = [];
for (let round = 0; round < rounds; round++) {
  const instance = await start();
  ready.push(instance.readyMs);
  memory.push(usage(instance.pid).rss);
  await stop(instance);
}

const instance = await start();
const { pid } = instance;
await call(instance.urls, 'PUT', '/readers/0/card', { card: 'gp' });
await call(instance.urls, 'POST', '/agent/pin', { pin: '123456' });
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
await stop(instance);

const report = [
  `Node ${process.version}, ${rounds} starts, ${journeys} journeys of each pattern`,
  `ready after start of the process   median ${median(ready).toFixed(0)} ms   (goal 1000)`,
  `resident when ready                median ${median(memory).toFixed(0)} MiB  (goal 180)`,
  `resident after the journeys        ${loaded.toFixed(0)} MiB`,
  ...Object.entries(results).map(
    ([pattern, { hops, ms, cpu }]) =>
      `silent ${pattern}: ${hops} requests of the browser, median ${ms.toFixed(1)} ms, ${cpu.toFixed(1)} ms of processor time on the server`,
  ),
];
process.stdout.write(`${report.join('\n')}\n`);
