import { once } from 'node:events';
import { reasonOf } from '@alongside/kernel/errors';
import { counted, OperatorError } from '@alongside/kernel/operator';
import pg from 'pg';
import { PostgresHosts } from '../postgres-hosts.ts';
import { endedTables, endingSql, type Facts, factsOf, tablesQuery } from './manifest.ts';
import { PostgresTools, type RunningTool } from './postgres-tools.ts';

/** Milliseconds to connect. */
const connectTimeout = 10_000;

/** A connection with the programs that work on the same database. */
export interface PostgresServer {
  client: pg.Client;
  tools: PostgresTools;
  major: number;
  /** The schema with the tables. */
  namespace: string;
  tables: string[];
}

/** Returns the address of the primary, which a setting with several hosts leads to. */
async function primaryOf(setting: string): Promise<string> {
  const hosts = new PostgresHosts(setting, connectTimeout);
  try {
    await hosts.search();
  } catch (error) {
    throw new OperatorError(`The database cannot be used: ${reasonOf(error)}.`);
  }
  return hosts.url;
}

/** Connects for a backup or restore. @param toolsFolder see `PostgresTools` @throws OperatorError */
export async function connectServer(
  setting: string,
  toolsFolder: string | undefined,
): Promise<PostgresServer> {
  const url = await primaryOf(setting);
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectTimeout,
    keepAlive: true,
    fallback_application_name: 'alongside',
  });
  // A lost connection fails the next query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    // The snapshot must live as long as the dump.
    await client.query('SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0');
    const { rows } = await client.query(
      "SELECT current_setting('server_version_num')::int / 10000 AS major, current_schema() AS namespace",
    );
    const [{ major, namespace }] = rows as [{ major: number; namespace: string | null }];
    if (namespace === null) throw new Error('the user may not use any schema of it');
    const tables = (await client.query(tablesQuery.postgres)).rows.map(({ name }) => String(name));
    return { client, tools: new PostgresTools(url, toolsFolder), major, namespace, tables };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw new OperatorError(`The database cannot be used: ${reasonOf(error)}.`);
  }
}

/** A running dump: its bytes, and the facts of the same snapshot. */
export interface Dump {
  output: AsyncIterable<Buffer>;
  facts: Promise<Facts>;
}

/**
 * Dumps the tables while others write to them. Rows that a restore would delete anyway are left out; there may be many millions of
 * them.
 * @throws OperatorError
 */
export async function dumpPostgres(server: PostgresServer, signal: AbortSignal): Promise<Dump> {
  const { client, tools, major, namespace, tables } = server;
  const path = tools.find('pg_dump', major);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const { rows } = await client.query('SELECT pg_export_snapshot() AS snapshot, version() AS version');
  const [{ snapshot, version }] = rows as [{ snapshot: string; version: string }];
  const schema = `"${namespace.replaceAll('"', '""')}"`;
  const empty = endedTables.filter((table) => tables.includes(table));
  const program = tools.start(
    path,
    [
      ...tools.connection,
      '--format=custom',
      '--no-owner',
      '--no-privileges',
      `--snapshot=${snapshot}`,
      `--schema=${schema}`,
      ...empty.map((table) => `--exclude-table-data=${schema}.${table}`),
    ],
    signal,
  );
  program.input.end();
  const counted = tables.filter((table) => !empty.includes(table));
  const facts = factsOf(async (text) => (await client.query(text)).rows, counted).then(
    (found): Facts => ({
      dialect: 'postgres',
      engine: version.split(' ').slice(0, 2).join(' '),
      namespace,
      ...found,
      counts: { ...Object.fromEntries(empty.map((table) => [table, 0])), ...found.counts },
    }),
  );
  // Awaited after the dump; until then, its failure must not end the process.
  facts.catch(() => undefined);
  return { output: wholeOutput(program, 'The database could not be dumped', signal), facts };
}

/** Returns the output of a program; throws OperatorError at its end if the program failed. */
async function* wholeOutput(program: RunningTool, what: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const part of program.output) yield part as Buffer;
    const code = await program.ended;
    signal.throwIfAborted();
    if (code !== 0) throw new OperatorError(`${what}: ${program.problem}.`);
  } finally {
    program.stop();
  }
}

/** Other connections of this user. Those of monitoring have users of their own. */
const othersQuery = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
  AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;

/** Functions of this user, except those of extensions. */
const functionsQuery = `SELECT p.oid::regprocedure::text AS name FROM pg_proc p
  WHERE p.pronamespace = to_regnamespace(current_schema()) AND pg_get_userbyid(p.proowner) = current_user
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass)`;

/** Returns the statements that drop all tables and functions, also those of a newer version. */
async function droppingSql({ client, tables }: PostgresServer): Promise<string> {
  const { rows } = await client.query(functionsQuery);
  const drops = [
    ...tables.map((table) => `DROP TABLE "${table}" CASCADE;`),
    ...(rows as { name: string }[]).map(({ name }) => `DROP ROUTINE ${name} CASCADE;`),
  ];
  return drops.join('\n');
}

export interface Replacement {
  /** The database, for people. */
  description: string;
  force: boolean;
  /** Tables in the dump. */
  tables: readonly string[];
  step: (activity: string) => void;
  signal: AbortSignal;
}

/** @throws OperatorError if another program of the same user is connected */
async function requireUnused({ client }: PostgresServer, description: string): Promise<void> {
  const others = (await client.query(othersQuery)).rowCount ?? 0;
  if (others > 0)
    throw new OperatorError(
      `${description} is in use by ${counted(others, 'other connection')} of the same user: stop Alongside and every other program that uses it first.`,
    );
}

/**
 * Replaces the tables by those of a dump in one transaction, in which sessions, codes and tokens end too.
 * @throws OperatorError
 */
export async function replacePostgres(
  server: PostgresServer,
  data: AsyncIterable<Buffer>,
  { description, force, tables, step, signal }: Replacement,
): Promise<void> {
  const { client, tools, major, namespace } = server;
  if (server.tables.length > 0 && !force)
    throw new OperatorError(
      `${description} has data. Choose another database with --database, or replace its tables with --force.`,
    );
  const [restorePath, psqlPath] = [tools.find('pg_restore', major), tools.find('psql', major)];
  await requireUnused(server, description);
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  const own = Number((rows as { pid: number }[])[0]?.pid);

  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const psql = tools.start(
    psqlPath,
    [...tools.connection, '--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--file=-'],
    stop,
  );
  psql.output.resume();
  const restore = tools.start(
    restorePath,
    ['--file=-', '--no-owner', '--no-privileges', `--schema=${namespace}`],
    stop,
  );
  try {
    await write(psql, `BEGIN;\nSET LOCAL lock_timeout = '10s';\n${await droppingSql(server)}\n`);
    const [, , code] = await Promise.all([feed(restore, data), passOn(restore, psql), restore.ended]);
    // Without COMMIT, the server undoes everything.
    signal.throwIfAborted();
    if (code !== 0) throw new OperatorError(`The dump cannot be read: ${restore.problem}.`);
    step('Committing');
    await write(
      psql,
      [
        `SET search_path = "${namespace.replaceAll('"', '""')}";`,
        ...endingSql(tables).map((statement) => `${statement};`),
        // A process that started during the restore would not notice that its data were replaced.
        `DO $alongside$ BEGIN IF EXISTS (${othersQuery} AND pid <> ${own}) THEN RAISE EXCEPTION 'another program connected meanwhile'; END IF; END $alongside$;`,
        'COMMIT;\n',
      ].join('\n'),
    );
    psql.input.end();
    if ((await psql.ended) !== 0)
      throw new OperatorError(`${description} cannot be restored: ${psql.problem}.`);
  } catch (error) {
    failed.abort();
    await Promise.all([psql.ended, restore.ended]);
    signal.throwIfAborted();
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `${description} cannot be restored: ${psql.problem === 'no message' ? restore.problem : psql.problem}.`,
    );
  }
}

async function write({ input }: RunningTool, text: string | Buffer): Promise<void> {
  if (!input.writable) throw new Error('the program ended early');
  if (!input.write(text)) await Promise.race([once(input, 'drain'), once(input, 'close')]);
}

async function feed(program: RunningTool, data: AsyncIterable<Buffer>): Promise<void> {
  for await (const part of data) await write(program, part);
  program.input.end();
}

async function passOn(from: RunningTool, to: RunningTool): Promise<void> {
  for await (const part of from.output) await write(to, part as Buffer);
}
