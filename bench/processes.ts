// Measures the processor time of an operation with one process and with several that share their ports and data, in turns:
// `npm run bench:processes [-- ROUNDS] [--processes N] [--callers N] [--json]`. Reports medians; never fails on a figure.
import { benchOptions, printReport } from './flags.ts';
import { registerClients } from './peers/clients.ts';
import { inTurns, type Measured, measure, mediansOf } from './peers/measure.ts';
import { scenarios } from './peers/scenarios.ts';
import { startSeveral } from './processes/several.ts';

const {
  ROUNDS: rounds,
  processes,
  callers,
  each,
  json,
} = benchOptions('bench:processes', { ROUNDS: 5, processes: 2, callers: 16, each: 60 });

const unmeasured = 4;

const start = async (count: number) => {
  const several = await startSeveral(count);
  const clients = await registerClients(several.state.urls, { hasAgent: false });
  const name = `${count} ${count === 1 ? 'process' : 'processes'}`;
  return {
    name,
    pid: several.pid,
    hasChildren: true,
    ...clients,
    stop: async () => void (await several.stop()),
  };
};

const targets = [await start(1), await start(processes)] as const;
const figures: Record<string, Measured[]> = {};
try {
  for (const { id, prepare } of scenarios.filter((one) => ['opaque', 'refresh', 'code'].includes(one.id))) {
    const runs = targets.map((target) => ({ target, all: [] as Measured[] }));
    const once = ({ target }: { target: (typeof targets)[number] }) =>
      measure(target, { prepare }, callers, each);
    // Each process compiles its code for itself, so the first rounds of several take longer.
    for (let n = 0; n < unmeasured; n++) for (const run of runs) await once(run);
    await inTurns(runs, rounds, once);
    figures[id] = runs.map(({ all }) => mediansOf(all));
  }
} finally {
  for (const target of targets) await target.stop();
}
printReport(json, { node: process.version, rounds, processes, callers, figures }, [
  `Node ${process.version}, ${callers} callers, medians of ${rounds} rounds, processor time in µs of the server with its supervisor`,
  `${''.padEnd(10)}${targets.map(({ name }) => name.padStart(13)).join('')}     ratio`,
  ...Object.entries(figures).map(([id, [one, more]]) => {
    const ratio = (more?.cpu ?? 0) / (one?.cpu ?? 1);
    return `${id.padEnd(10)}${[one, more].map((of) => (of?.cpu.toFixed(0) ?? '').padStart(13)).join('')}${ratio.toFixed(2).padStart(10)}`;
  }),
]);
