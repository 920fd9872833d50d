// Measures the cost of metrics and request logging in gateway calls, userinfo and token requests, alternately with both on and both
// off: `npm run bench:observation [-- --rounds 9] [--operations 1600] [--only ID] [--json]`. Processor time is the mean of the rounds
// without the slower half; the other figures are medians. Never fails on a figure.
import { endWith, readBenchFlags } from './flags.ts';
import { startAlongside } from './peers/alongside.ts';
import { lanes } from './peers/call.ts';
import { type Measured, measure, mediansOf } from './peers/measure.ts';
import { gatewayScenarios, type Scenario, scenarios } from './peers/scenarios.ts';

const chosen = [...gatewayScenarios, ...scenarios.filter(({ id }) => id === 'userinfo' || id === 'opaque')];
const usageText = `bench:observation -- [--rounds 9] [--operations 1600] [--only ${chosen.map(({ id }) => id).join('|')}] [--json]`;
const { values } = readBenchFlags(usageText, {
  options: {
    rounds: { type: 'string', default: '9' },
    operations: { type: 'string', default: '1600' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const each = Math.ceil(Number(values.operations) / lanes);
const isKnown = values.only === undefined || chosen.some(({ id }) => id === values.only);
if (!isKnown || !Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(each) || each < 1)
  endWith(usageText);

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
  for (let round = 0; round < rounds; round++)
    for (const { target, all } of round % 2 === 0 ? runs : [...runs].reverse())
      all.push(await measure(target, { prepare }, lanes, each * times));
  const figuresOf = (all: Measured[]) => ({ ...mediansOf(all), cpu: lesserHalf(all.map(({ cpu }) => cpu)) });
  return { id, figures: runs.map(({ kind, all }) => ({ kind, ...figuresOf(all) })) };
}

try {
  const report: Awaited<ReturnType<typeof compare>>[] = [];
  for (const scenario of chosen)
    if (values.only === undefined || values.only === scenario.id) report.push(await compare(scenario));
  if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, report })}\n`);
  else
    for (const { id, figures } of report) {
      process.stdout.write(`${id}\n`);
      for (const { kind, cpu, perSecond, p50, p99 } of figures) {
        const added = ((cpu / (figures[0]?.cpu ?? cpu) - 1) * 100).toFixed(0);
        process.stdout.write(
          `  ${kind.padEnd(8)} ${cpu.toFixed(1).padStart(6)} µs of processor time a call (${added} % more), ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`,
        );
      }
    }
} finally {
  for (const { target } of instances) await target.stop();
}
