// Measures the cost of metrics and request logging in gateway calls, userinfo and token requests, alternately with both on and both
// off: `npm run bench:observation`. Processor time is the mean of the rounds
// without the slower half; the other figures are medians. Never fails on a figure.
import { benchOptions, printReport } from './flags.ts';
import { startAlongside } from './peers/alongside.ts';
import { lanes } from './peers/call.ts';
import { inTurns, type Measured, measure, mediansOf } from './peers/measure.ts';
import { gatewayScenarios, type Scenario, scenarios } from './peers/scenarios.ts';

const chosen = [...gatewayScenarios, ...scenarios.filter(({ id }) => id === 'userinfo' || id === 'opaque')];
const { rounds, operations, only, json } = benchOptions('bench:observation', {
  rounds: 9,
  operations: 1_600,
  only: ['', ...chosen.map(({ id }) => id)],
});
const each = Math.ceil(operations / lanes);

/** The instances to compare, with their flags. The log goes to a file. */
const kinds = {
  neither: ['--metrics-port', 'off', '--log-level', 'warn'],
  metrics: ['--metrics-port', '0', '--log-level', 'warn'],
  both: ['--metrics-port', '0', '--log-requests'],
} as const;
type Kind = keyof typeof kinds;

const instances = await Promise.all(
  (Object.keys(kinds) as Kind[]).map(async (kind) => {
    const target = await startAlongside(undefined, { flags: kinds[kind], logsToFile: true });
    return { kind, target };
  }),
);

/** Returns the mean of the lesser half: the load of a shared machine only adds to processor time. */
function lesserHalf(values: readonly number[]): number {
  const least = [...values].sort((one, other) => one - other).slice(0, Math.ceil(values.length / 2));
  return least.reduce((sum, value) => sum + value, 0) / least.length;
}

/** Measures one operation at each instance, in turns. */
async function compare({ id, times = 1, prepare }: Scenario) {
  const runs = instances.map(({ kind, target }) => ({ kind, target, all: [] as Measured[] }));
  for (const { target } of runs) await measure(target, { prepare }, lanes, each * times);
  await inTurns(runs, rounds, ({ target }) => measure(target, { prepare }, lanes, each * times));
  const figuresOf = (all: Measured[]) => ({ ...mediansOf(all), cpu: lesserHalf(all.map(({ cpu }) => cpu)) });
  return { id, figures: runs.map(({ kind, all }) => ({ kind, ...figuresOf(all) })) };
}

try {
  const report: Awaited<ReturnType<typeof compare>>[] = [];
  for (const scenario of chosen)
    if (only === '' || only === scenario.id) report.push(await compare(scenario));
  const lines = report.flatMap(({ id, figures }) => [
    id,
    ...figures.map(({ kind, cpu, perSecond, p50, p99 }) => {
      const added = ((cpu / (figures[0]?.cpu ?? cpu) - 1) * 100).toFixed(0);
      return `  ${kind.padEnd(8)} ${cpu.toFixed(1).padStart(6)} µs of processor time a call (${added} % more), ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
    }),
  ]);
  printReport(json, { node: process.version, report }, lines);
} finally {
  for (const { target } of instances) await target.stop();
}
