// Injects faults into real processes under load, and checks that all responses are honoured: `npm run faults [-- --only NAME]`.
// Exit code 1 for a lost response, a dead process or a failed request. Ctrl-C cleans up.
import type { DatabaseName } from './faults/installation.ts';
import { faults } from './faults/registry.ts';
import { reportOf } from './faults/report.ts';
import { type Result, runFaults } from './faults/run.ts';
import { endWith, readBenchFlags } from './flags.ts';

const usage =
  'faults -- [--only NAME,NAME | --quick] [--database sqlite|postgres] [--seconds 5] [--lanes 4] [--pause 0] [--json]';
const { values } = readBenchFlags(usage, {
  options: {
    only: { type: 'string' },
    database: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    lanes: { type: 'string', default: '4' },
    pause: { type: 'string', default: '0' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  const width = Math.max(...faults.map(({ name }) => name.length));
  const lines = faults.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  process.stdout.write(`Usage: npm run ${usage}\n\nFaults:\n${lines.join('\n')}\n`);
  process.exit(0);
}
const names = values.only?.split(',');
const unknown = names?.find((name) => !faults.some((fault) => fault.name === name));
if (unknown !== undefined) endWith(usage, new Error(`There is no fault ${unknown}. --help lists them.`));
const [seconds, lanes, pause] = [Number(values.seconds), Number(values.lanes), Number(values.pause)];
if (!(seconds > 0) || !Number.isInteger(lanes) || lanes < 1 || !(pause >= 0)) endWith(usage);
const databases: readonly DatabaseName[] = ['sqlite', 'postgres'];
const chosen = databases.filter((name) => values.database === undefined || name === values.database);
if (chosen.length === 0) endWith(usage, new Error(`There is no database ${values.database}.`));

const cancel = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (!cancel.signal.aborted) process.stderr.write('Cleaning up.\n');
    cancel.abort();
  });

const results: Result[] = [];
const run = runFaults({
  isChosen: ({ name, quickOn }, database) =>
    names ? names.includes(name) : !values.quick || (quickOn?.includes(database) ?? false),
  databases: chosen,
  length: seconds * 1_000,
  lanes,
  pause,
  signal: cancel.signal,
  progress: (message) => process.stderr.write(`${message}\n`),
});
for await (const result of run) if (!cancel.signal.aborted) results.push(result);
process.stdout.write(`${values.json ? JSON.stringify(results) : reportOf(results)}\n`);
process.exitCode = cancel.signal.aborted ? 130 : results.every(({ passed }) => passed) ? 0 : 1;
