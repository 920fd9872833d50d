// Injects faults into real processes under load, and checks that all responses are honoured: `npm run faults [-- --only NAME]`.
// With --cluster, those of a database cluster under Patroni. Exit code 1 for a lost response, a dead process or a failed request. Ctrl-C cleans up.
import { clusterProblem, enterNamespaces } from './faults/cluster/enter.ts';
import type { DatabaseName } from './faults/installation.ts';
import { faults } from './faults/registry.ts';
import { reportOf } from './faults/report.ts';
import { type Result, runFaults } from './faults/run.ts';
import { benchOptions, endWith } from './flags.ts';

const width = Math.max(...faults.map(({ name }) => name.length));
const listed = faults.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`);
const values = benchOptions(
  'faults',
  {
    only: 'NAME,NAME',
    quick: false,
    database: ['', 'sqlite', 'postgres'],
    seconds: '5',
    lanes: 4,
    pause: 0,
    cluster: false,
    kills: 10,
  },
  `\nFaults:\n${listed.join('')}`,
);
const { lanes, pause, kills } = values;
const names = values.only?.split(',');
const unknown = names?.find((name) => !faults.some((fault) => fault.name === name));
if (unknown !== undefined) endWith(`There is no fault ${unknown}. --help lists them.`);
const seconds = Number(values.seconds ?? 5);
if (!(seconds > 0)) endWith(`seconds: ${values.seconds}`);
const single: readonly DatabaseName[] = ['sqlite', 'postgres'];
const chosen: readonly DatabaseName[] = values.cluster
  ? ['cluster']
  : single.filter((name) => values.database === '' || name === values.database);
if (values.cluster && clusterProblem() === undefined) {
  const code = await enterNamespaces();
  if (code !== undefined) process.exit(code);
}

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
  kills,
  signal: cancel.signal,
  progress: (message) => process.stderr.write(`${message}\n`),
});
for await (const result of run) if (!cancel.signal.aborted) results.push(result);
process.stdout.write(`${values.json ? JSON.stringify(results) : reportOf(results)}\n`);
process.exitCode = cancel.signal.aborted ? 130 : results.every(({ passed }) => passed) ? 0 : 1;
