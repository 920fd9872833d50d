// Compares silent sign-ins at an installation with millions of tokens and at an empty one in the same run: `npm run bench:scale`.
//
// Two instances run the real command on two databases of one server. Sign-ins alternate between them, so that other load on the
// machine affects both. It also measures searches of journeys. On PostgreSQL the benchmark also reports full scans of tables.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@alongside/kernel/clock';
import { type Database, sql } from '../src/storage/database.ts';
import { connectDatabase, openDatabase } from '../src/storage/dialects.ts';
import { Navigator } from '../test/testing/navigate.ts';
import { startPostgres } from '../test/testing/postgres.ts';
import { type RunningCommand, startCommand } from './command.ts';
import { benchOptions, printReport } from './flags.ts';
import { fill } from './scale/fill.ts';
import { measureImport } from './scale/imports.ts';
import { measureSearches } from './scale/searches.ts';
import { usage } from './usage.ts';

const {
  rounds,
  'sign-ins': signIns,
  database: dialect,
  imports,
  json,
  ...scale
} = benchOptions('bench:scale', {
  tokens: 1_000_000,
  people: 200_000,
  sessions: 200_000,
  journeys: 100_000,
  database: ['postgres', 'sqlite'],
  rounds: 3,
  'sign-ins': 300,
  imports: 'N,N',
});

const say = (line: string) => process.stderr.write(`${line}\n`);
const seconds = (since: number) => Math.round((performance.now() - since) / 100) / 10;
const warmUp = 20;

/** Makes one silent sign-in like a browser; returns milliseconds. */
async function signIn({ urls }: RunningCommand): Promise<number> {
  const began = performance.now();
  const { answer, hops } = await new Navigator().go(`${urls.sample}/sign-in/combined`);
  if (answer.status !== 200) throw new Error(`${hops.at(-1)} answered ${answer.status}`);
  return performance.now() - began;
}

const at = (times: readonly number[], part: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Returns PostgreSQL's count of full scans of each large table, and their rows. */
async function wholeReads(database: Database): Promise<Map<string, number>> {
  if (database.dialect !== 'postgres') return new Map();
  // A connection reports its counts at the end of a transaction, but not more than once a second.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await database.get(sql('SELECT 1 AS one'));
  const rows = await database.all<{ name: string; scans: number }>(
    sql('SELECT relname AS name, seq_scan AS scans FROM pg_stat_user_tables WHERE n_live_tup > 50000'),
  );
  return new Map(rows.map(({ name, scans }) => [name, scans]));
}

/** Returns the number of refresh tokens that regular work has yet to remove: at first a fifth of the filled ones. */
async function dueTokens(database: Database): Promise<number> {
  const row = await database.get<{ count: number }>(
    sql(
      'SELECT COUNT(*) AS count FROM refresh_token WHERE expires_at < ?',
      systemClock.now() - 2 * 86_400_000,
    ),
  );
  return Number(row?.count);
}

/** Measures imports of people instead of sign-ins: each into an empty database. */
async function measureImports(counts: readonly number[]) {
  const results = [];
  for (const count of counts) {
    const postgres = dialect === 'postgres' ? await startPostgres({ apart: true }) : undefined;
    const data = join(folder, `import-${count}`);
    const database = postgres ? await postgres.create('imports') : `sqlite:${join(folder, `${count}.db`)}`;
    const instance = await startCommand(['--data', data, '--database', database], { apart: true });
    try {
      const result = await measureImport(instance, join(data, 'state.json'), folder, count);
      results.push(result);
      say(JSON.stringify(result));
    } finally {
      await instance.stop();
      await postgres?.stop();
    }
  }
  return results;
}

const folder = mkdtempSync(join(tmpdir(), 'alongside-scale-'));
const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
let isInterrupted = false;
process.on('SIGINT', () => {
  isInterrupted = true;
});

async function measure() {
  // The cluster is temporary, so it need not be durable.
  const postgres =
    dialect === 'postgres'
      ? await startPostgres({ settings: ['shared_buffers=512MB', 'max_wal_size=4GB'], apart: true })
      : undefined;
  if (postgres) endings.unshift(() => postgres.stop());
  const [empty, full] = postgres
    ? [await postgres.create('empty'), await postgres.create('filled')]
    : [`sqlite:${join(folder, 'empty.db')}`, `sqlite:${join(folder, 'full.db')}`];
  await (await openDatabase(full, '')).close();
  const watching = await connectDatabase(full, '', { timeout: 900_000 });
  endings.unshift(() => watching.close());

  const filling = performance.now();
  await fill(watching, scale, systemClock.now(), (line) => {
    if (isInterrupted) throw new Error('It was interrupted.');
    say(`${seconds(filling)} s  ${line}`);
  });
  const fillSeconds = seconds(filling);
  const searches = await measureSearches(watching);

  const instances: Record<'empty' | 'filled', RunningCommand> = {} as never;
  for (const [name, database] of [
    ['empty', empty],
    ['filled', full],
  ] as const) {
    const flags = ['--data', join(folder, name), '--database', database];
    const instance = await startCommand(flags, { apart: true });
    endings.unshift(() => instance.stop());
    instances[name] = instance;
    await instance.liftProductLimits();
    await instance.signInAtDesk();
    say(`${name}: ready after ${Math.round(instance.readyMs)} ms`);
  }

  for (let n = 0; n < warmUp; n++) for (const instance of Object.values(instances)) await signIn(instance);
  const dueBefore = await dueTokens(watching);
  const scansBefore = await wholeReads(watching);
  const times = { empty: [] as number[], filled: [] as number[] };
  const cpu = { empty: 0, filled: 0 };
  const ratios: { p50: number; p99: number }[] = [];
  for (let round = 1; round <= rounds && !isInterrupted; round++) {
    const own = { empty: [] as number[], filled: [] as number[] };
    const before = { empty: usage(instances.empty.pid).cpu, filled: usage(instances.filled.pid).cpu };
    for (let n = 0; n < signIns && !isInterrupted; n++)
      for (const name of n % 2 === 0 ? (['empty', 'filled'] as const) : (['filled', 'empty'] as const))
        own[name].push(await signIn(instances[name]));
    for (const name of ['empty', 'filled'] as const) {
      cpu[name] += usage(instances[name].pid).cpu - before[name];
      times[name].push(...own[name]);
    }
    const ratio = (part: number) => rounded(at(own.filled, part) / at(own.empty, part));
    ratios.push({ p50: ratio(0.5), p99: ratio(0.99) });
    say(
      `round ${round} of ${rounds}: p50 and p99 filled / empty ${ratios.at(-1)?.p50} and ${ratios.at(-1)?.p99}`,
    );
  }
  const scans = await wholeReads(watching);
  const dueAfter = await dueTokens(watching);
  const resultOf = (name: 'empty' | 'filled') => ({
    readyMs: Math.round(instances[name].readyMs),
    p50: rounded(at(times[name], 0.5)),
    p99: rounded(at(times[name], 0.99)),
    cpuMs: rounded(cpu[name] / times[name].length),
  });
  const results = { empty: resultOf('empty'), filled: resultOf('filled') };
  return {
    database: dialect,
    ...scale,
    fillSeconds,
    searches,
    signIns: times.filled.length,
    ...results,
    p50Ratio: rounded(results.filled.p50 / results.empty.p50),
    p99Ratio: rounded(results.filled.p99 / results.empty.p99),
    rounds: ratios,
    tokensRemovedMeanwhile: dueBefore - dueAfter,
    wholeReads: Object.fromEntries(
      [...scans]
        .map(([name, count]) => [name, count - (scansBefore.get(name) ?? 0)])
        .filter(([, count]) => count !== 0),
    ),
  };
}

async function reportImports(counts: readonly number[]): Promise<void> {
  const results = await measureImports(counts);
  const line = (name: string, { p99, longest }: { p99: number; longest: number }) =>
    `${name} p99 ${p99} ms, longest ${longest} ms`;
  printReport(
    json,
    { database: dialect, imports: results },
    results.map(
      ({ people, seconds: took, cpuSeconds, health, person }) =>
        `${people} people in ${took} s, ${cpuSeconds} s of processor time; meanwhile ${line('/healthz', health)}; ${line('a person', person)}`,
    ),
  );
}

async function reportSignIns(): Promise<void> {
  const report = await measure();
  const { empty, filled } = report;
  const line = (name: string, { p50, p99, cpuMs, readyMs }: typeof empty) =>
    `${name.padEnd(8)} p50 ${p50} ms, p99 ${p99} ms, ${cpuMs} ms of processor time, ready after ${readyMs} ms`;
  printReport(json, report, [
    `${scale.tokens} tokens, ${scale.people} people, ${scale.sessions} live sessions on ${report.database}, filled in ${report.fillSeconds} s`,
    `${report.signIns} silent sign-ins at each`,
    line('empty', empty),
    line('filled', filled),
    `filled / empty: p50 ${report.p50Ratio}, p99 ${report.p99Ratio} (goal 1.2)`,
    `${report.tokensRemovedMeanwhile} old tokens were removed meanwhile`,
    ...Object.entries(report.searches).map(
      ([name, { p50, p95 }]) =>
        `search among ${scale.journeys} journeys, ${name}: p50 ${p50} ms, p95 ${p95} ms (goal 50)`,
    ),
    `tables read as a whole: ${JSON.stringify(report.wholeReads)}`,
  ]);
}

try {
  if (imports) await reportImports(imports.split(',').map(Number));
  else await reportSignIns();
} finally {
  for (const end of endings) await end();
}
