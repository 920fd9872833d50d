import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerClients } from './bench/peers/clients.ts';
import { combinedSignIn } from './bench/peers/scenarios.ts';
import { fill } from './bench/scale/fill.ts';
import { unlimited } from './bench/command.ts';
import { connectDatabase } from './src/storage/dialects.ts';
import { migrate } from './src/storage/migrations.ts';
import { sql, type Database } from './src/storage/database.ts';
import { startInstance } from './test/testing/instance.ts';
import { startPostgres } from './test/testing/postgres.ts';
async function sizes(d: Database): Promise<Record<string, {rows:number;bytes:number}>> {
  const out: Record<string, {rows:number;bytes:number}> = {};
  if (d.dialect === 'sqlite') {
    const rows = await d.all(sql("SELECT m.tbl_name AS name, SUM(s.pgsize) AS bytes FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name"));
    for (const { name, bytes } of rows) { const r = await d.get(sql(`SELECT COUNT(*) AS n FROM ${name}`)); out[String(name)] = { rows: Number(r?.n), bytes: Number(bytes) }; }
  } else {
    await d.run(sql('ANALYZE'));
    for (const { name, bytes } of await d.all(sql("SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class WHERE relkind='r' AND relnamespace='public'::regnamespace"))) { const r = await d.get(sql(`SELECT COUNT(*) AS n FROM ${name}`)); out[String(name)] = { rows: Number(r?.n), bytes: Number(bytes) }; }
  }
  return out;
}
const pg = await startPostgres();
for (const dialect of ['sqlite', 'postgres'] as const) {
  const folder = mkdtempSync(join(tmpdir(), 'sizes-'));
  const url = dialect === 'sqlite' ? '' : await pg.create('filled');
  const d = await connectDatabase(url, folder);
  await migrate(d);
  await fill(d, { tokens: 100_000, people: 50_000, sessions: 50_000 }, Date.now(), () => undefined);
  const s = await sizes(d);
  console.log(dialect, 'filled per row', Object.fromEntries(Object.entries(s).filter(([, v]) => v.rows > 5000).map(([k, v]) => [k, Math.round(v.bytes / v.rows)])));
  await d.close();
  const folder2 = mkdtempSync(join(tmpdir(), 'sizes-'));
  const url2 = dialect === 'sqlite' ? '' : await pg.create('used');
  const i = await startInstance({ ephemeral: false, data: folder2, database: url2, networkLimits: unlimited, logLevel: 'silent' });
  const c = await registerClients(i.urls);
  const first = await connectDatabase(url2, folder2);
  await new Promise((r) => setTimeout(r, 1500));
  const before = await sizes(first);
  const n = 400;
  let token = '';
  for (let k = 0; k < n; k++) token = await combinedSignIn(c);
  await new Promise((r) => setTimeout(r, 1500));
  const mid = await sizes(first);
  const calls = 2000;
  for (let k = 0; k < calls; k++) await (await fetch(c.workstation?.patient ?? '', { headers: { authorization: `Bearer ${token}`, 'x-request-id': crypto.randomUUID() } })).arrayBuffer();
  await new Promise((r) => setTimeout(r, 1500));
  const after = await sizes(first);
  const diff = (a: typeof before, b: typeof before, per: number) => Object.fromEntries(Object.keys(b).map((k) => [k, [Math.round(((b[k]?.rows ?? 0) - (a[k]?.rows ?? 0)) / per * 100) / 100, Math.round(((b[k]?.bytes ?? 0) - (a[k]?.bytes ?? 0)) / per)] as const]).filter(([, v]) => (v as readonly [number, number])[1] > 5));
  console.log(dialect, 'per sign-in [rows, bytes]', diff(before, mid, n));
  console.log(dialect, 'per patient read [rows, bytes]', diff(mid, after, calls));
  await first.close();
  await i.stop();
  rmSync(folder, { recursive: true, force: true }); rmSync(folder2, { recursive: true, force: true });
}
await pg.stop();
process.exit(0);
