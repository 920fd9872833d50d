// Measures the cost of metrics and request logging in gateway calls, alternately with both on and both off:
// `npm run bench:observation [-- --rounds 21] [--operations 1600] [--json]`. Processor time is the least of the rounds, the other
// figures are their medians. Never fails on a figure.
import { endWith, readBenchFlags } from './flags.ts';
import { startAlongside } from './peers/alongside.ts';
import { demand, lanes } from './peers/call.ts';
import { type Measured, measure, mediansOf } from './peers/measure.ts';
import { combinedSignIn } from './peers/scenarios.ts';

const usageText = 'bench:observation -- [--rounds 21] [--operations 1600] [--json]';
const { values } = readBenchFlags(usageText, {
  options: {
    rounds: { type: 'string', default: '21' },
    operations: { type: 'string', default: '1600' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const each = Math.ceil(Number(values.operations) / lanes);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(each) || each < 1) endWith(usageText);

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
    return { kind, target, token: await combinedSignIn(target) };
  }),
);

/** Measures one API call at each instance, in turns. */
async function compare(id: 'hello' | 'patient') {
  const runs = instances.map(({ kind, target, token }) => {
    const headers = { authorization: `Bearer ${token}`, 'x-request-id': crypto.randomUUID() };
    const call = async () => void (await demand(200, target.workstation?.[id] ?? '', { headers }));
    const scenario = {
      prepare: async (_: unknown, wide: number, long: number) =>
        Array.from({ length: wide }, () => Array.from({ length: long }, () => call)),
    };
    return { kind, target, scenario, all: [] as Measured[] };
  });
  for (const { target, scenario } of runs) await measure(target, scenario, lanes, each * 2);
  for (let round = 0; round < rounds; round++)
    for (const { target, scenario, all } of round % 2 === 0 ? runs : [...runs].reverse())
      all.push(await measure(target, scenario, lanes, each));
  // The load of a shared machine only adds to the processor time of a round.
  const figuresOf = (all: Measured[]) => ({ ...mediansOf(all), cpu: Math.min(...all.map(({ cpu }) => cpu)) });
  return { id, figures: runs.map(({ kind, all }) => ({ kind, ...figuresOf(all) })) };
}

try {
  const report = [await compare('hello'), await compare('patient')];
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
