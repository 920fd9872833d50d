// Measures the cost of an operation, compared with oidc-provider (in memory, and durable) and the cryptography alone in the same run, and
// calls through the gateway with a bare HTTP server: `npm run bench:peers [-- --rounds 5] [--operations 480] [--only ID] [--json] [--out FOLDER]`. Reports medians; never fails on a
// figure. `--out` writes peers.json and a chart, peers.svg.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endWith, readBenchFlags } from './flags.ts';
import { startBare } from './gateway/bare.ts';
import { startAlongside } from './peers/alongside.ts';
import { lanes } from './peers/call.ts';
import { chart } from './peers/chart.ts';
import { gate } from './peers/gate.ts';
import { limits } from './peers/limit.ts';
import { type Measured, measure, mediansOf } from './peers/measure.ts';
import { startOidcProvider } from './peers/oidc-provider.ts';
import {
  combinedSignIn,
  gatewayScenarios,
  type Operation,
  type Scenario,
  scenarios,
} from './peers/scenarios.ts';
import { median, usage } from './usage.ts';

const usageText = `bench:peers -- [--rounds 5] [--operations 480] [--only ${[...scenarios, ...gatewayScenarios].map(({ id }) => id).join('|')}] [--json] [--out FOLDER]`;
const { values } = readBenchFlags(usageText, {
  options: {
    rounds: { type: 'string', default: '5' },
    operations: { type: 'string', default: '480' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const each = Math.ceil(Number(values.operations) / lanes);
const isChosen = ({ id }: { id: string }) => values.only === undefined || id === values.only;
const chosen = scenarios.filter(isChosen);
const chosenOfGateway = gatewayScenarios.filter(isChosen);
if (
  !Number.isInteger(rounds) ||
  rounds < 1 ||
  !Number.isInteger(each) ||
  each < 1 ||
  chosen.length + chosenOfGateway.length === 0
)
  endWith(usageText);
const say = (text: string): unknown => process.stderr.write(`${text}\n`);

/** The least number of operations of each server before the first round, so that V8 has compiled their code. */
const warmUp = 4_000;

/** A server that a scenario is measured at. */
interface Contender {
  readonly name: string;
  readonly pid: number;
  prepare(lanes: number, each: number): Promise<Operation[][]>;
}

/** Measures a scenario at each server in turns, ours first, after a warm-up. */
async function compare({ id, about, times = 1, peer }: Scenario, contenders: readonly Contender[]) {
  const runs = contenders.map((target) => ({ target, all: [] as Measured[] }));
  const run = (target: Contender, turns: number) =>
    measure(target, { prepare: (_, wide, long) => target.prepare(wide, long) }, lanes, turns);
  const turns = each * times;
  // In rounds: preparing them all at once would take longer than a server keeps an unused connection.
  const warmUps = Math.max(2, Math.ceil(warmUp / (turns * lanes)));
  for (const { target } of runs) for (let done = 0; done < warmUps; done++) await run(target, turns);
  for (let round = 0; round < rounds; round++)
    for (const { target, all } of round % 2 === 0 ? runs : [...runs].reverse())
      all.push(await run(target, turns));
  const [own, ...others] = runs;
  const limit = limits()[id];
  const figures = mediansOf(own?.all ?? []);
  return {
    id,
    about,
    ...figures,
    ofLimit: limit === undefined ? null : figures.cpu / limit,
    peers: others.map(({ target: { name }, all }) => ({
      name,
      ...mediansOf(all),
      ...(peer ? { scenario: peer.id } : {}),
      /** Our speed as a multiple of the peer's. */
      speed: median((own?.all ?? []).map(({ cpu }, round) => (all[round]?.cpu ?? 0) / cpu)),
    })),
  };
}

/** Compares a call through the gateway with Node's bare HTTP server that returns the same bytes. */
async function compareWithBareServer(scenario: Scenario & { id: 'hello' | 'patient' }) {
  const address = ours.workstation?.[scenario.id];
  if (!address) throw new Error('Alongside has a workstation.');
  const server = await startBare('bare-server.ts', address, await combinedSignIn(ours));
  const bare = { ...server, name: 'bare HTTP server' };
  try {
    const { name, pid } = ours;
    const here = { name, pid, prepare: (wide: number, long: number) => scenario.prepare(ours, wide, long) };
    return await compare(scenario, [here, bare]);
  } finally {
    bare.stop();
  }
}

say('starting the servers');
const ours = await startAlongside();
const peers = [await startOidcProvider(), await startOidcProvider({ durable: true })];
const targets = [ours, ...peers];
try {
  for (const target of targets) await gate(target);
  say('every server refuses invalid requests');
  const report: Awaited<ReturnType<typeof compare>>[] = [];
  for (const scenario of chosen) {
    const contenders = targets.map((target) => ({
      name: target.name,
      pid: target.pid,
      prepare: (wide: number, long: number) =>
        (target === ours ? scenario : (scenario.peer ?? scenario)).prepare(target, wide, long),
    }));
    report.push(await compare(scenario, contenders));
    say(`${scenario.about}: measured`);
  }
  for (const scenario of chosenOfGateway) {
    report.push(await compareWithBareServer(scenario));
    say(`${scenario.about}: measured`);
  }
  const memory = targets.map(({ name, pid }) => ({ name, rss: usage(pid).rss }));
  if (values.out !== undefined) {
    mkdirSync(values.out, { recursive: true });
    const about = `Node ${process.version}, ${rounds} rounds of ${each * lanes} operations.`;
    // Only comparisons with the same peers.
    const compared = report.filter(({ peers: others }) => others.length === peers.length);
    const rows = compared.map((row) => ({
      ...row,
      limit: row.ofLimit === null ? null : row.cpu / row.ofLimit,
    }));
    writeFileSync(join(values.out, 'peers.svg'), chart(rows, about));
    const figures = { node: process.version, rounds, operations: each * lanes, memory, report };
    writeFileSync(join(values.out, 'peers.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, memory, report })}\n`);
  else {
    process.stdout.write(
      `Node ${process.version}, ${rounds} rounds of ${each * lanes}, ${lanes} at once; processor time in µs for one operation\n`,
    );
    for (const { about, cpu, ofLimit, perSecond, p50, p99, peers: others } of report) {
      process.stdout.write(
        `${about.padEnd(38)} ${cpu.toFixed(0).padStart(6)}` +
          `${ofLimit === null ? '' : `, ${ofLimit.toFixed(1)}x the cryptography`}, ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`,
      );
      for (const peer of others)
        process.stdout.write(
          `  ${`${peer.name}${peer.scenario ? `, ${peer.scenario} journey` : ''}`.padEnd(36)} ${peer.cpu.toFixed(0).padStart(6)}, ${peer.perSecond.toFixed(0)}/s: ours ${others.length === peers.length ? `has ${peer.speed.toFixed(2)}x its speed` : `adds ${(cpu - peer.cpu).toFixed(0)}`}\n`,
        );
    }
    process.stdout.write(
      `resident afterwards: ${memory.map(({ name, rss }) => `${name} ${rss.toFixed(0)} MiB`).join(', ')}\n`,
    );
  }
} finally {
  for (const target of targets) await target.stop();
}
