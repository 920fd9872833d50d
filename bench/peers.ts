// Measures the cost of an operation, compared with oidc-provider (in memory, and durable) and the cryptography alone in the same run, and
// calls through the gateway with a bare HTTP server: `npm run bench:peers`. Reports medians; never fails on a
// figure. `--out` writes peers.json and a chart, peers.svg.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres } from '../test/testing/postgres.ts';
import { benchOptions, printReport } from './flags.ts';
import { startBare } from './gateway/bare.ts';
import { startAlongside } from './peers/alongside.ts';
import { chart } from './peers/chart.ts';
import { gate } from './peers/gate.ts';
import { limits } from './peers/limit.ts';
import { inTurns, type Measured, measure, mediansOf } from './peers/measure.ts';
import { startOidcProvider } from './peers/oidc-provider.ts';
import {
  combinedSignIn,
  gatewayScenarios,
  type Operation,
  type Scenario,
  scenarios,
} from './peers/scenarios.ts';
import { median, usage } from './usage.ts';

const { rounds, operations, only, out, json, mode, database, callers } = benchOptions('bench:peers', {
  rounds: 5,
  operations: 480,
  // As in production, or as `alongside up` runs by default: with recorded messages.
  mode: ['production', 'development'],
  database: ['sqlite', 'postgres'],
  callers: 16,
  only: ['', ...[...scenarios, ...gatewayScenarios].map(({ id }) => id)],
  out: 'FOLDER',
});
const each = Math.ceil(operations / callers);
const isChosen = ({ id }: { id: string }) => only === '' || id === only;
const chosen = scenarios.filter(isChosen);
const chosenOfGateway = gatewayScenarios.filter(isChosen);
const say = (text: string): unknown => process.stderr.write(`${text}\n`);

/** The least number of operations of each server before the first round, so that V8 has compiled their code. */
const warmUp = 4_000;

/** A server that a scenario is measured at. */
interface Contender {
  readonly name: string;
  readonly pid: number;
  readonly databasePid?: number | undefined;
  prepare(lanes: number, each: number): Promise<Operation[][]>;
}

/** Measures a scenario at each server in turns, ours first, after a warm-up. */
async function compare({ id, about, times = 1, peer }: Scenario, contenders: readonly Contender[]) {
  const runs = contenders.map((target) => ({ target, all: [] as Measured[] }));
  const run = (target: Contender, turns: number) =>
    measure(target, { prepare: (_, wide, long) => target.prepare(wide, long) }, callers, turns);
  const turns = each * times;
  // In rounds: preparing them all at once would take longer than a server keeps an unused connection.
  const warmUps = Math.max(2, Math.ceil(warmUp / (turns * callers)));
  for (const { target } of runs) for (let done = 0; done < warmUps; done++) await run(target, turns);
  await inTurns(runs, rounds, ({ target }) => run(target, turns));
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
    const here = {
      name,
      pid,
      databasePid: postgres?.pid,
      prepare: (wide: number, long: number) => scenario.prepare(ours, wide, long),
    };
    return await compare(scenario, [here, bare]);
  } finally {
    bare.stop();
  }
}

say('starting the servers');
const postgres = database === 'postgres' ? await startPostgres({ settings: ['fsync=on'] }) : undefined;
const ours = await startAlongside(
  await postgres?.create('peers'),
  mode === 'development' ? ['--capture-messages'] : [],
);
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
      databasePid: target === ours ? postgres?.pid : undefined,
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
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    const about = `Node ${process.version}, ${rounds} rounds of ${each * callers} operations, ${callers} at once, as in ${mode}, ${database}.`;
    // Only comparisons with the same peers.
    const compared = report.filter(({ peers: others }) => others.length === peers.length);
    const rows = compared.map((row) => ({
      ...row,
      limit: row.ofLimit === null ? null : row.cpu / row.ofLimit,
    }));
    writeFileSync(join(out, 'peers.svg'), chart(rows, about));
    const figures = {
      node: process.version,
      rounds,
      operations: each * callers,
      callers,
      mode,
      database,
      memory,
      report,
    };
    writeFileSync(join(out, 'peers.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
  }
  printReport(json, { node: process.version, mode, database, callers, memory, report }, [
    `Node ${process.version}, ${rounds} rounds of ${each * callers}, ${callers} at once, as in ${mode}, ${database}; processor time in µs for one operation`,
    ...report.flatMap(({ about, cpu, ofLimit, perSecond, p50, p99, peers: others }) => [
      `${about.padEnd(38)} ${cpu.toFixed(0).padStart(6)}${ofLimit === null ? '' : `, ${ofLimit.toFixed(1)}x the cryptography`}, ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
      ...others.map(
        (peer) =>
          `  ${`${peer.name}${peer.scenario ? `, ${peer.scenario} journey` : ''}`.padEnd(36)} ${peer.cpu.toFixed(0).padStart(6)}, ${peer.perSecond.toFixed(0)}/s, p50 ${peer.p50.toFixed(1)} ms, p99 ${peer.p99.toFixed(1)} ms: ours ${others.length === peers.length ? `has ${peer.speed.toFixed(2)}x its speed` : `adds ${(cpu - peer.cpu).toFixed(0)}`}`,
      ),
    ]),
    `resident afterwards: ${memory.map(({ name, rss }) => `${name} ${rss.toFixed(0)} MiB`).join(', ')}`,
  ]);
} finally {
  for (const target of targets) await target.stop();
  await postgres?.stop();
}
