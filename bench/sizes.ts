// How many bytes does each row take on the disk, with its indexes, on both databases? `npm run bench:sizes`.
//
// SQL fills one database with people, tokens and sessions (as bench:scale does); another is used: sign-ins and patient reads over HTTP.
// Prints bytes for each row of the first, and rows and bytes for each sign-in and each read of the second. No clock is involved.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, sql } from '../src/storage/database.ts';
import { openDatabase } from '../src/storage/dialects.ts';
import { startInstance } from '../test/testing/instance.ts';
import { startPostgres } from '../test/testing/postgres.ts';
import { unlimited } from './command.ts';
import { benchOptions } from './flags.ts';
import { registerClients } from './peers/clients.ts';
import { combinedSignIn } from './peers/scenarios.ts';
import { fill } from './scale/fill.ts';

const {
  people,
  'sign-ins': signIns,
  reads,
  json,
} = benchOptions('bench:sizes', { people: 50_000, 'sign-ins': 400, reads: 2_000 });

type Sizes = Record<string, { rows: number; bytes: number }>;

const bytesQuery: Readonly<Record<Database['dialect'], string>> = {
  sqlite:
    'SELECT item.tbl_name AS name, SUM(page.pgsize) AS bytes FROM dbstat AS page JOIN sqlite_master AS item ON item.name = page.name GROUP BY item.tbl_name',
  postgres:
    "SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace('public')",
};

async function sizesOf(database: Database): Promise<Sizes> {
  const sizes: Sizes = {};
  for (const { name, bytes } of await database.all(sql(bytesQuery[database.dialect]))) {
    const row = await database.get(sql(`SELECT COUNT(*) AS n FROM ${name}`));
    sizes[String(name)] = { rows: Number(row?.n), bytes: Number(bytes) };
  }
  return sizes;
}

/** Returns rows and bytes by table for each of a number of operations. */
function growth(before: Sizes, after: Sizes, operations: number): Sizes {
  const each = (now = 0, then = 0) => Math.round(((now - then) / operations) * 100) / 100;
  const grown = Object.entries(after).map(([table, { rows, bytes }]) => [
    table,
    { rows: each(rows, before[table]?.rows), bytes: Math.round(each(bytes, before[table]?.bytes)) },
  ]);
  return Object.fromEntries(grown.filter(([, size]) => (size as Sizes[string]).bytes > 5));
}

/** Events are written in blocks, and audit records sealed, within a second of the last operation. */
const settled = () => sleep(1_500);

async function measure(create: (name: string) => Promise<string>) {
  const folder = mkdtempSync(join(tmpdir(), 'sizes-'));
  try {
    const filled = await openDatabase(await create('filled'), folder);
    await fill(filled, { people, sessions: people, tokens: 2 * people }, Date.now(), () => undefined);
    const rows = Object.entries(await sizesOf(filled)).filter(([, size]) => size.rows >= people);
    const perRow = Object.fromEntries(
      rows.map(([table, size]) => [table, Math.round(size.bytes / size.rows)]),
    );
    await filled.close();

    const url = await create('used');
    const data = join(folder, 'used');
    const settings = { ephemeral: false, data, database: url, networkLimits: unlimited, logLevel: 'silent' };
    const instance = await startInstance(settings);
    const clients = await registerClients(instance.urls);
    const used = await openDatabase(url, data);
    await settled();
    const before = await sizesOf(used);
    let token = '';
    for (let n = 0; n < signIns; n++) token = await combinedSignIn(clients);
    await settled();
    const between = await sizesOf(used);
    for (let n = 0; n < reads; n++) {
      const headers = { authorization: `Bearer ${token}`, 'x-request-id': crypto.randomUUID() };
      await (await fetch(clients.workstation?.patient ?? '', { headers })).arrayBuffer();
    }
    await settled();
    const after = await sizesOf(used);
    await used.close();
    await instance.stop();
    return { perRow, perSignIn: growth(before, between, signIns), perRead: growth(between, after, reads) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const postgres = await startPostgres();
const result = {
  sqlite: await measure(async () => ''),
  postgres: await measure((name) => postgres.create(name)),
};
await postgres.stop();
if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
else console.dir(result, { depth: 5 });
process.exit(0);
