// Measures how many requests several processes answer on one PostgreSQL: `npm run bench:throughput`. The load generator, the
// processes and PostgreSQL share this machine, so the processor time of each request is reported too. Never fails on a figure.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MasterKeyFile } from '../src/boot/master-key.ts';
import { startPostgres } from '../test/testing/postgres.ts';
import { startCommand } from './command.ts';
import { benchOptions, printReport } from './flags.ts';
import { lanes } from './peers/call.ts';
import { registerClients } from './peers/clients.ts';
import { gatewayScenarios, type Operation, scenarios } from './peers/scenarios.ts';
import type { Clients, Target } from './peers/target.ts';
import { cpuWithChildren, median, usage } from './usage.ts';

const {
  processes: counts,
  rounds,
  operations,
  json,
} = benchOptions('bench:throughput', {
  processes: [1, 2, 4],
  rounds: 3,
  operations: 1_600,
});
const say = (line: string): unknown => process.stderr.write(`${line}\n`);
const all = [...scenarios, ...gatewayScenarios];
const chosen = ['opaque', 'code', 'userinfo', 'hello'].map((id) => all.find((one) => one.id === id));

/** The same clients at another process: its ports instead of the public ones, which tokens and assertions still name. */
function atProcess(clients: Clients, from: readonly number[], to: readonly number[]): Clients {
  const moved = (address: string): string =>
    from.reduce((text, port, n) => text.replace(`:${port}/`, `:${to[n]}/`), address);
  const changed = (value: unknown, name = ''): unknown => {
    if (typeof value === 'string') return name === 'audience' ? value : moved(value);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, changed(member, key)]));
  };
  return changed(clients) as Clients;
}

const folder = mkdtempSync(join(tmpdir(), 'alongside-throughput-'));
const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
try {
  const postgres = await startPostgres({ settings: ['fsync=on'], apart: true });
  endings.unshift(() => postgres.stop());
  const masterKey = join(folder, 'master.key');
  new MasterKeyFile(folder, { masterKey }).make();
  const common = ['--database', await postgres.create('throughput'), '--master-key', masterKey];
  // With the workstation and CIS. It also has the public addresses, but gets no load.
  const first = await startCommand([...common, '--data', join(folder, 'first')]);
  endings.unshift(() => first.stop());
  const clients = await registerClients(first.urls);
  const addresses = [
    '--url-api',
    first.urls.api,
    '--url-cis2',
    new URL(first.urls.cis2Issuer).origin,
    '--url-cis',
    first.urls.cis,
    '--url-console',
    first.urls.console,
    '--url-identity-agent',
    first.urls.identityAgent,
  ];
  const targets: Target[] = [];
  for (let n = 0; n < Math.max(...counts); n++) {
    const data = ['--data', join(folder, `process-${n}`), '--only', 'cis2,authorisation,gateway'];
    const { pid, ports, stop } = await startCommand([...common, ...addresses, ...data]);
    endings.unshift(stop);
    const own = atProcess(clients, [first.ports.api, first.ports.cis2], [ports.api, ports.cis2]);
    targets.push({ ...own, name: `process ${n + 1}`, pid, stop });
  }
  say(`${targets.length} processes are ready`);

  /** Runs a scenario at the first processes, with the lanes shared among them. */
  const run = async (scenario: (typeof all)[number], count: number) => {
    const used = targets.slice(0, count);
    const wide = Math.ceil(lanes / count);
    const long = Math.ceil(operations / (wide * count));
    const prepared: Operation[][] = [];
    for (const target of used) prepared.push(...(await scenario.prepare(target, wide, long)));
    const cpu = () => used.reduce((sum, { pid }) => sum + usage(pid).cpu, 0);
    const [nodeBefore, postgresBefore, began] = [cpu(), cpuWithChildren(postgres.pid), performance.now()];
    await Promise.all(
      prepared.map(async (lane) => {
        for (const operation of lane) await operation();
      }),
    );
    const done = wide * long * count;
    return {
      perSecond: (done * 1_000) / (performance.now() - began),
      node: ((cpu() - nodeBefore) * 1_000) / done,
      postgres: ((cpuWithChildren(postgres.pid) - postgresBefore) * 1_000) / done,
    };
  };

  const report: Record<string, string | number>[] = [];
  for (const scenario of chosen) {
    if (!scenario) continue;
    await run(scenario, targets.length);
    const results = new Map(counts.map((count) => [count, [] as Awaited<ReturnType<typeof run>>[]]));
    for (let round = 0; round < rounds; round++)
      for (const count of round % 2 === 0 ? counts : [...counts].reverse())
        results.get(count)?.push(await run(scenario, count));
    for (const [processes, figures] of results) {
      const of = (name: 'perSecond' | 'node' | 'postgres') =>
        Math.round(median(figures.map((one) => one[name])));
      const row = { id: scenario.id, about: scenario.about, processes };
      report.push({ ...row, perSecond: of('perSecond'), node: of('node'), postgres: of('postgres') });
    }
    say(`${scenario.about}: measured`);
  }
  const lines = report.map(
    ({ about, processes, perSecond, node, postgres: cpu }) =>
      `${String(about).padEnd(38)} ${processes} processes: ${perSecond}/s, ${node} µs of processor time a request, and ${cpu} of PostgreSQL`,
  );
  printReport(json, { node: process.version, report }, lines);
} finally {
  for (const end of endings) await end();
}
