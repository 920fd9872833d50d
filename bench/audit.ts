// Measures the audit log under load: records a second, wait and processor time of a record, on SQLite and PostgreSQL:
// `npm run bench:audit`. Never fails on a figure.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@alongside/kernel/clock';
import { orderedId } from '@alongside/kernel/ids';
import { Vault } from '@alongside/kernel/secrets';
import { type AuditEntry, AuditLog } from '../src/storage/audit.ts';
import { type Database, sql } from '../src/storage/database.ts';
import { openDatabase } from '../src/storage/dialects.ts';
import { startPostgres } from '../test/testing/postgres.ts';
import { benchOptions } from './flags.ts';

const { seconds, writers, json } = benchOptions('bench:audit', { seconds: 3, writers: [1, 8, 32] });

const entry = (target: string): AuditEntry<'patient.read'> => ({
  action: 'patient.read',
  outcome: 'ok',
  actor: '656005750107',
  role: '555254240100',
  organisation: 'A20047',
  application: 'demo',
  tokenId: 'M2VtizgHIY7TAMmWwerGBSZAyS5GbGkbp_bG7ZOxVLA',
  family: '0199-5b1c-7d1e',
  session: 's-1',
  subject: '9000000009',
  address: '192.0.2.1',
  requestId: '60E0B220-8136-4CA5-AE46-1D97EF59D068',
  target,
  detail: { api: 'personal-demographics', operation: '/Patient/{id}', method: 'GET', status: 200 },
});

/** A small act: two rows. */
const act = (target: string) =>
  ['a', 'b'].map((row) =>
    sql('INSERT INTO organisation (code, name) VALUES (?, ?)', `${orderedId()} ${target} ${row}`, ''),
  );

interface Way {
  name: string;
  write(database: Database): (target: string) => Promise<unknown>;
}

const vault = new Vault(Buffer.alloc(32, 1));
const ways: Way[] = [
  {
    name: 'read, in a group',
    write(database) {
      const audit = new AuditLog(database, systemClock, vault);
      return (target) => audit.recordAlone(entry(target));
    },
  },
  {
    name: 'act, in its own batch',
    write(database) {
      const audit = new AuditLog(database, systemClock, vault);
      return (target) => database.batch([audit.recordStatement(entry(target)), ...act(target)]);
    },
  },
  {
    name: 'act without a record',
    write: (database) => (target) => database.batch(act(target)),
  },
];

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

/** Runs a number of writers, each of which waits until its record is on the disk before the next. */
async function measure(database: Database, write: (target: string) => Promise<unknown>, count: number) {
  const waits: number[] = [];
  const began = performance.now();
  const cpu = process.cpuUsage();
  const until = began + seconds * 1000;
  await Promise.all(
    Array.from({ length: count }, async (_, writer) => {
      for (let n = 0; performance.now() < until; n++) {
        const from = performance.now();
        await write(`${writer}-${n}`);
        await database.durable();
        waits.push(performance.now() - from);
      }
    }),
  );
  const wall = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  waits.sort((a, b) => a - b);
  return {
    perSecond: waits.length / wall,
    p50: quantile(waits, 0.5),
    p99: quantile(waits, 0.99),
    cpu: (user + system) / waits.length,
  };
}

const report: Record<string, unknown>[] = [];
async function onDatabase(dialect: string, database: Database): Promise<void> {
  for (const { name, write } of ways)
    for (const count of writers) {
      const figures = await measure(database, write(database), count);
      report.push({ dialect, way: name, writers: count, ...figures });
      if (json) continue;
      const { perSecond, p50, p99, cpu } = figures;
      process.stdout.write(
        `${dialect.padEnd(10)} ${name.padEnd(22)} ${String(count).padStart(3)} writers ${perSecond.toFixed(0).padStart(7)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(1)} ms, ${cpu.toFixed(0)} µs of processor time\n`,
      );
    }
}

const folder = mkdtempSync(join(tmpdir(), 'alongside-bench-audit-'));
const sqlite = await openDatabase('', folder);
try {
  await onDatabase('SQLite', sqlite);
} finally {
  await sqlite.close();
  rmSync(folder, { recursive: true, force: true });
}
const server = await startPostgres({ settings: ['fsync=on'] });
try {
  const postgres = await openDatabase(await server.create('bench_audit'), '');
  await onDatabase('PostgreSQL', postgres);
  await postgres.close();
} finally {
  await server.stop();
}
if (json) process.stdout.write(`${JSON.stringify({ node: process.version, report })}\n`);
