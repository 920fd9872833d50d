// Measures the packaged Identity Agent alone, with a CIS elsewhere: `npm run bench:agent`. Reports medians; never fails on a figure.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@alongside/kernel/clock';
import { methods } from '../identity-agent/protocol.ts';
import { AgentConnection } from '../identity-agent/socket/client.ts';
import { FixtureCis } from '../identity-agent/testing/cis.ts';
import { FixtureCis2 } from '../identity-agent/testing/cis2.ts';
import { benchOptions, printReport } from './flags.ts';
import { median } from './usage.ts';

const { ROUNDS: rounds, json } = benchOptions('bench:agent', { ROUNDS: 7 });
const handOffs = 100;
const clone = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'agent-bench-'));

/** Returns resident memory in MiB: the total, and this process's own. */
function memory(pid: number): { rss: number; own: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { rss: of('VmRSS'), own: of('RssAnon') };
}

/** Unpacks the package, with its dependency. */
function pack(): string {
  const flags = [folder, '--only', '@alongside/identity-agent'];
  const packed = execFileSync(process.execPath, [join(clone, 'scripts', 'pack.mjs'), ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  execFileSync('tar', ['-xzf', packed.toString().trim(), '-C', folder]);
  const made = join(folder, 'package');
  symlinkSync(join(clone, 'node_modules', 'zod'), join(made, 'node_modules', 'zod'));
  return join(made, 'identity-agent', 'bin.mjs');
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

const cis = new FixtureCis(systemClock);
await cis.start();
const cis2 = new FixtureCis2(systemClock, cis);
await cis2.start();
const program = pack();
const flags = readFileSync(program, 'utf8').split('\n')[0]?.split(' ').slice(3) ?? [];
const socket = join(folder, 'socket', 'a.sock');
const port = 20_000 + (process.pid % 20_000);

/** Starts the agent; resolves when it responds on its socket. */
async function start(): Promise<{ child: ChildProcess; pid: number; readyMs: number }> {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...flags,
      program,
      'run',
      '--cis',
      cis.origin,
      '--cis2-issuer',
      cis2.issuer,
      '--cis2-jwks',
      `${cis2.origin}/jwks`,
      '--cis2-exchange',
      `${cis2.origin}/agent/exchange`,
      '--agent-port',
      String(port),
      '--agent-socket',
      socket,
      '--agent-data',
      join(folder, 'data'),
      '--development',
      '--card-issuer-secret',
      'issuer-secret',
      '--log-level',
      'error',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  while (!(await answers(socket))) {
    if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return { child, pid: child.pid ?? 0, readyMs: performance.now() - began };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Makes one silent hand-off like a browser; returns its milliseconds. */
async function handOff(): Promise<number> {
  const { jws } = await cis2.request();
  const began = performance.now();
  const headers = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' };
  const status = await new Promise<number>((resolve, reject) => {
    const request = http.get(`http://127.0.0.1:${port}/v1/cis2?request=${jws}`, { headers }, (answer) => {
      resolve(answer.resume().statusCode ?? 0);
    });
    request.on('error', reject);
  });
  if (status !== 302) throw new Error(`a hand-off was answered by ${status}`);
  return performance.now() - began;
}

// The first start compiles and creates the key; later ones are ordinary starts.
const first = await start();
await stop(first.child);
const ready: number[] = [];
const idle: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const { child, pid, readyMs } = await start();
  ready.push(readyMs);
  idle.push(memory(pid).rss);
  await stop(child);
}

const { child, pid } = await start();
const agent = await AgentConnection.open(socket);
await agent.call(methods.insertCard, { card: 'gp' });
await agent.call(methods.answerPin, { pin: '123456' });
const times: number[] = [];
for (let n = 0; n < handOffs; n += 1) times.push(await handOff());
const loaded = memory(pid);
agent.close();
await stop(child);
await Promise.all([cis.close(), cis2.close()]);
rmSync(folder, { recursive: true, force: true });

const figures = {
  node: process.version,
  starts: rounds,
  firstReadyMs: first.readyMs,
  readyMs: median(ready),
  residentMiB: median(idle),
  loadedMiB: loaded.rss,
  loadedOwnMiB: loaded.own,
  handOffMs: median(times),
};
const report = [
  `Node ${process.version} ${flags.join(' ')}, ${rounds} starts, ${handOffs} hand-offs`,
  `first start of an installation     ${figures.firstReadyMs.toFixed(0)} ms`,
  `ready after start of the process   median ${figures.readyMs.toFixed(0)} ms   (goal 500)`,
  `resident when ready                median ${figures.residentMiB.toFixed(0)} MiB  (goal 80 MB)`,
  `resident after the hand-offs       ${loaded.rss.toFixed(0)} MiB, ${loaded.own.toFixed(0)} of them its own`,
  `a silent hand-off, virtual card    median ${figures.handOffMs.toFixed(1)} ms, last of ${handOffs} ${times.at(-1)?.toFixed(1)} ms`,
];
printReport(json, figures, report);
