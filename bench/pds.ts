// Measures reads, searches and updates at the PDS API through the gateway with growing numbers of generated patients, on SQLite and
// PostgreSQL: `npm run bench:pds`. Each search is first compared with a full scan of the records, which is timed too. Never fails on a
// figure. `--postgres` names an empty database; by default the benchmark starts its own server.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectDatabase } from '../src/storage/dialects.ts';
import { startPostgres } from '../test/testing/postgres.ts';
import { benchOptions, printReport } from './flags.ts';
import { check, fill, operations, type Pds } from './pds/operations.ts';
import { startAlongside } from './peers/alongside.ts';
import { type Measured, measure, mediansOf } from './peers/measure.ts';
import { combinedSignIn } from './peers/scenarios.ts';
import { median } from './usage.ts';

const values = benchOptions('bench:pds', {
  patients: [100, 10_000, 100_000],
  database: ['sqlite,postgres', 'sqlite', 'postgres'],
  postgres: 'URL',
  rounds: 3,
  operations: 200,
  out: 'FOLDER',
});
const { patients: sizes, rounds, operations: each } = values;
const dialects = values.database.split(',');

interface Row extends Measured {
  readonly database: string;
  readonly patients: number;
  readonly operation: string;
  /** Longest wait of another request in milliseconds: the time for which the event loop was blocked. */
  readonly held: number;
  /** Milliseconds of a full scan for the same search. */
  readonly scan?: number;
}
const rows: Row[] = [];
const say = (line: string): unknown => process.stderr.write(`${line}\n`);

/** Sends pings on a separate connection while work runs. Returns the longest wait in milliseconds. */
async function maxWait(address: string, work: Promise<unknown>): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ping = () =>
    new Promise<void>((resolve, reject) => {
      http
        .get(`${address}/_ping`, { agent }, (response) => response.resume().on('end', resolve))
        .on('error', reject);
    });
  let isOver = false;
  const finished = work.finally(() => {
    isOver = true;
  });
  let longest = 0;
  while (!isOver) {
    const began = performance.now();
    await ping();
    longest = Math.max(longest, performance.now() - began);
    await sleep(1);
  }
  agent.destroy();
  await finished;
  return longest;
}

/** Measures all operations of one instance at each size. */
async function measureAt(dialect: string, setting: string): Promise<void> {
  const ours = await startAlongside(setting);
  const database = await connectDatabase(setting, '');
  try {
    if (!ours.workstation) throw new Error('Alongside has a workstation.');
    const address = ours.workstation.patient.replace(/\/Patient\/.*$/, '');
    const pds: Pds = { pid: ours.pid, address, token: await combinedSignIn(ours) };
    for (const size of [...sizes].sort((a, b) => a - b)) {
      const records = await fill(database, size);
      // Steps over the records by a prime, so that operations meet different ones, the same in each run.
      let at = 0;
      const next = () => {
        at += 7_919;
        const record = records[at % records.length];
        if (!record) throw new Error('There are fewer patients than that.');
        return record;
      };
      const scans = [await check(pds, database, next()), await check(pds, database, next())];
      say(`${dialect}, ${size} patients: correct`);
      for (const [operation, prepare] of Object.entries(operations)) {
        const scenario = {
          prepare: async (_: Pds, lanes: number, count: number) =>
            Promise.all(
              Array.from({ length: lanes }, async () => {
                const lane = [];
                for (let n = 0; n < count; n++) lane.push(await prepare(pds, next()));
                return lane;
              }),
            ),
        };
        // No patient twice in a round: an update is prepared for the version before.
        const run = () => measure(pds, scenario, 1, Math.min(each, records.length));
        await run();
        const all: Measured[] = [];
        for (let round = 0; round < rounds; round++) all.push(await run());
        // In a separate round, because the pings cost processor time.
        const held = await maxWait(address, run());
        const scan =
          scans[0]?.[operation] === undefined
            ? {}
            : { scan: median(scans.map((times) => times[operation] ?? 0)) };
        rows.push({ database: dialect, patients: size, operation, ...mediansOf(all), held, ...scan });
      }
    }
  } finally {
    await database.close();
    await ours.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'alongside-bench-pds-'));
try {
  if (dialects.includes('sqlite')) await measureAt('sqlite', `sqlite:${join(folder, 'pds.db')}`);
  if (dialects.includes('postgres')) {
    const own = values.postgres === undefined ? await startPostgres({ settings: ['fsync=on'] }) : undefined;
    try {
      await measureAt('postgres', values.postgres ?? (await own!.create('pds')));
    } finally {
      await own?.stop();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const report = { node: process.version, rounds, operations: each, rows };
if (values.out !== undefined) {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'pds.json'), `${JSON.stringify(report)}\n`);
}
const lines = rows.map(
  ({ database, patients, operation, p50, p99, cpu, held, scan }) =>
    `${database.padEnd(9)}${String(patients).padStart(7)}  ${operation.padEnd(10)}median ${p50.toFixed(2).padStart(8)} ms, p99 ${p99.toFixed(1).padStart(7)} ms, ${cpu.toFixed(0).padStart(7)} µs of processor time, another request waited ${held.toFixed(0)} ms at most${scan === undefined ? '' : `; full scan ${scan.toFixed(0)} ms`}`,
);
printReport(values.json, report, lines);
