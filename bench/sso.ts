// Measures silent sign-ins from the first redirect to the application's page, compared with a code journey at oidc-provider in the
// same run: `npm run bench:sso`. In a new browser, CIS2 asks the Identity Agent; a known one has a session at CIS2. Never fails on
// a figure.
import { Agent } from 'node:http';
import { Navigator } from '../test/testing/navigate.ts';
import { startPostgres } from '../test/testing/postgres.ts';
import { benchOptions, printReport } from './flags.ts';
import { startAlongside } from './peers/alongside.ts';
import { type Measured, measure, mediansOf } from './peers/measure.ts';
import { startOidcProvider } from './peers/oidc-provider.ts';
import { type Operation, scenarios } from './peers/scenarios.ts';
import type { Target } from './peers/target.ts';
import { cpuWithChildren, median } from './usage.ts';

const {
  database: dialect,
  rounds,
  'sign-ins': signIns,
  'at-once': atOnce,
  json,
} = benchOptions('bench:sso', {
  database: ['sqlite', 'postgres'],
  rounds: 5,
  'sign-ins': 160,
  'at-once': 8,
});
const each = Math.ceil(signIns / atOnce);
const say = (line: string): unknown => process.stderr.write(`${line}\n`);

const postgres =
  dialect === 'postgres' ? await startPostgres({ settings: ['fsync=on'], apart: true }) : undefined;
const ours = await startAlongside(await postgres?.create('sso'));
await ours.command.liftProductLimits();
const peer = await startOidcProvider();

const kept = new Agent({ keepAlive: true, maxSockets: atOnce });
const fresh = new Agent({ keepAlive: false });

/** Makes one sign-in like a browser: redirects only, until the application's page is shown. */
async function signIn(pattern: string, browser: Navigator): Promise<string[]> {
  const { answer, hops } = await browser.go(`${ours.command.urls.sample}/sign-in/${pattern}`);
  if (answer.status !== 200) throw new Error(`${hops.at(-1)} answered ${answer.status}: ${answer.body}`);
  return hops;
}

/** Each sign-in in a new browser, which CIS2 sends through the agent. */
const newBrowsers = (pattern: string, agent: Agent) => ({
  prepare: async (_: Target, lanes: number, count: number): Promise<Operation[][]> =>
    Array.from({ length: lanes }, () =>
      Array.from({ length: count }, () => async () => void (await signIn(pattern, new Navigator(agent)))),
    ),
});

/** Every sign-in of a lane in one browser, which CIS2 knows from before. */
const oneBrowser = (pattern: string) => ({
  prepare: (_: Target, lanes: number, count: number): Promise<Operation[][]> =>
    Promise.all(
      Array.from({ length: lanes }, async () => {
        const browser = new Navigator(kept);
        await signIn(pattern, browser);
        return Array.from({ length: count }, () => async () => void (await signIn(pattern, browser)));
      }),
    ),
});
const code = scenarios.find(({ id }) => id === 'code');
if (!code) throw new Error('The peer has no code journey.');
const rows = [
  ...['combined', 'separate'].flatMap((pattern) =>
    [
      { name: `${pattern}, kept connections`, scenario: newBrowsers(pattern, kept) },
      { name: `${pattern}, new connections`, scenario: newBrowsers(pattern, fresh) },
      { name: `${pattern}, known browser`, scenario: oneBrowser(pattern) },
    ].map((row) => ({ ...row, target: ours, all: [] as Measured[], postgres: [] as number[] })),
  ),
  {
    name: 'oidc-provider in memory, code journey',
    target: peer,
    all: [] as Measured[],
    postgres: [] as number[],
    scenario: code,
  },
];
const cpuOfPostgres = (): number => (postgres ? cpuWithChildren(postgres.pid) : 0);

try {
  const requests = { combined: 0, separate: 0 };
  for (const pattern of ['combined', 'separate'] as const)
    requests[pattern] = (await signIn(pattern, new Navigator(kept))).length;
  for (const { target, scenario } of rows) await measure(target, scenario, atOnce, each);
  for (let round = 1; round <= rounds; round++) {
    for (const row of round % 2 === 0 ? rows : [...rows].reverse()) {
      const before = cpuOfPostgres();
      row.all.push(await measure(row.target, row.scenario, atOnce, each));
      row.postgres.push(((cpuOfPostgres() - before) * 1_000) / (atOnce * each));
    }
    say(`round ${round} of ${rounds}`);
  }
  const report = rows.map(({ name, all, postgres: cpus }) => ({
    name,
    ...mediansOf(all),
    postgresCpu: median(cpus),
  }));
  const base = report.at(-1)?.cpu ?? 0;
  printReport(json, { node: process.version, database: dialect, requests, report }, [
    `Node ${process.version}, ${dialect}, ${rounds} rounds of ${atOnce * each} sign-ins, ${atOnce} at once; requests of the browser: combined ${requests.combined}, separate ${requests.separate}`,
    ...report.map(
      ({ name, cpu, postgresCpu, perSecond, p50, p99 }) =>
        `${name.padEnd(38)} ${cpu.toFixed(0).padStart(6)} µs of processor time${postgres ? ` and ${postgresCpu.toFixed(0)} of PostgreSQL` : ''}, ${(cpu / base).toFixed(1)} of the peer's journey, ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    ),
  ]);
} finally {
  kept.destroy();
  await ours.stop();
  await peer.stop();
  await postgres?.stop();
}
