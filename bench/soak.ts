// Keeps an instance under a steady load, and checks that nothing grows: `npm run soak`. Ten minutes by default; `--hours` for a
// longer run. Exit code 1 if a figure grows or an operation fails. Ctrl-C ends it with the report so far.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../test/testing/postgres.ts';
import { startCommand } from './command.ts';
import { benchOptions, endWith, printReport } from './flags.ts';
import { registerClients } from './peers/clients.ts';
import { soakChart } from './soak/chart.ts';
import { type Load, startLoad } from './soak/load.ts';
import { figures, type Sample, takeSample } from './soak/samples.ts';
import { verdictsOf } from './soak/verdict.ts';

const {
  minutes,
  hours,
  rate,
  database: dialect,
  out,
  json,
} = benchOptions(
  'soak',
  { minutes: '10', hours: 'NUMBER', rate: 20, database: ['sqlite', 'postgres'], out: 'FOLDER' },
  `
--rate is the number of operations a second: sign-ins through the agent with an API call, code journeys, refreshes, token exchanges
and application tokens. --out writes soak.json and soak.svg. Samples are taken about 120 times, at least a second apart.
`,
);
const length = (hours === undefined ? Number(minutes ?? 10) : Number(hours) * 60) * 60_000;
if (!(length > 0))
  endWith(`${hours === undefined ? `--minutes ${minutes}` : `--hours ${hours}`}: must be a number above 0`);
const interval = Math.max(1_000, length / 120);
const say = (line: string): unknown => process.stderr.write(`${line}\n`);

const cancel = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (!cancel.signal.aborted) say('Stopping.');
    cancel.abort();
  });
const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    cancel.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

const data = mkdtempSync(join(tmpdir(), 'alongside-soak-'));
const postgres = dialect === 'postgres' ? await startPostgres({ apart: true }) : undefined;
const storage = postgres ? ['--database', await postgres.create('soak')] : [];
const command = await startCommand(['--data', data, '--metrics-port', '0', ...storage], { apart: true });
let load: Load | undefined;
try {
  const clients = await registerClients(command.urls);
  load = await startLoad({ name: 'Alongside', pid: command.pid, stop: command.stop, ...clients }, rate);
  const samples: Sample[] = [];
  const began = performance.now();
  while (!cancel.signal.aborted && performance.now() - began < length) {
    await wait(interval);
    const sample = await takeSample(command, data, load.take(), (performance.now() - began) / 1_000);
    samples.push(sample);
    const rest = Math.max(0, Math.round((length - (performance.now() - began)) / 1_000));
    say(
      `${figures.map(({ label, unit, digits }, n) => `${label} ${(sample.values[n] ?? 0).toFixed(digits)}${unit}`).join(', ')}; ${rest} s left`,
    );
  }
  await load.stop();
  const failed = load.failures;
  const verdicts = verdictsOf(samples);
  const isSteady = failed.length === 0 && verdicts.every(({ isFlat }) => isFlat);
  const operations = samples.reduce((sum, sample) => sum + sample.operations, 0);
  const about = `Node ${process.version}, ${dialect}, ${((performance.now() - began) / 60_000).toFixed(1)} minutes, ${operations} operations, ${rate} a second.`;
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    writeFileSync(
      join(out, 'soak.json'),
      `${JSON.stringify({ node: process.version, dialect, rate, verdicts, failed, samples })}\n`,
    );
    writeFileSync(join(out, 'soak.svg'), soakChart(samples, about));
  }
  printReport(json, { isSteady, operations, failed, verdicts }, [
    about,
    ...verdicts.map(
      ({ label, unit, digits, before, after, limit, isFlat }) =>
        `${isFlat ? 'flat  ' : 'GROWS '} ${label.padEnd(22)} ${before.toFixed(digits)} to ${after.toFixed(digits)}${unit} (limit ${limit.toFixed(digits)})`,
    ),
    ...[...new Set(failed)].slice(0, 10).map((reason) => `FAILED ${reason}`),
  ]);
  process.exitCode = isSteady ? 0 : 1;
} finally {
  await load?.stop();
  await command.stop();
  await postgres?.stop();
  rmSync(data, { recursive: true, force: true });
}
