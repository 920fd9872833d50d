import { createReadStream, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { systemClock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { OperatorError } from '@alongside/kernel/operator';
import type { Vault } from '@alongside/kernel/secrets';
import type { Config } from '../config.ts';
import { AuditLog } from '../storage/audit.ts';
import { ArchiveWriter } from '../storage/backup/archive.ts';
import {
  Backup,
  endingSql,
  type Facts,
  type Manifest,
  manifestFile,
  tablesQuery,
} from '../storage/backup/manifest.ts';
import { copySqlite, replaceSqlite } from '../storage/backup/sqlite.ts';
import { sql } from '../storage/database.ts';
import { sqliteFileOf } from '../storage/dialects.ts';
import { knownSchema } from '../storage/migrations.ts';
import { version } from '../version.ts';
import { openDataFolder } from './data-folder.ts';
import { MasterKeyFile } from './master-key.ts';
import { openStoredAudit } from './offline.ts';
import { openExisting, openStorage, refuseMemory } from './storage.ts';

/** How a long command reports its progress and is stopped. */
export interface LongWork {
  step(activity: string, done?: number, total?: number): void;
  signal: AbortSignal;
}

export interface BackupOptions extends LongWork {
  /** Replaces an existing file, or existing data. */
  force: boolean;
  /** Folder of the programs of PostgreSQL; by default searched for. */
  postgresTools?: string | undefined;
}

const operator = 'local operator';

/** Writes all data of the configured database into a file, whether an instance runs or not. Throws OperatorError. */
export async function createBackup(
  config: Config,
  target: string,
  options: BackupOptions,
): Promise<Manifest> {
  if (existsSync(target) && !options.force)
    throw new OperatorError(`${target} exists. Choose another name, or replace it with --force.`);
  const folder = resolve(config.data);
  const file = sqliteFileOf(config.database, folder);
  if (file !== undefined && resolve(file) === resolve(target))
    throw new OperatorError(`${target} is the database itself. Choose another name.`);
  const { database, vault, schema } = await openExisting(config, folder);
  const audit = new AuditLog(database, systemClock, vault);
  const write = () => writeBackup(config, file, target, vault, options);
  try {
    // A migration may follow the backup, so an older schema stays as it is.
    if (schema !== knownSchema) return await write();
    return await audit.recordThen(
      { action: 'data.backed-up', actor: operator, target: basename(target), detail: { schema } },
      write,
    );
  } finally {
    if (schema === knownSchema) await audit.close();
    await database.close();
  }
}

async function writeBackup(
  config: Config,
  file: string | undefined,
  target: string,
  vault: Vault,
  options: BackupOptions,
): Promise<Manifest> {
  const archive = await ArchiveWriter.create(target);
  try {
    const createdAt = new Date(systemClock.now()).toISOString();
    const { data, facts } = await (file === undefined
      ? addPostgres(archive, config.database, options)
      : addSqlite(archive, file, target, options));
    const { name, text, manifest } = manifestFile({ version, createdAt, ...facts, data }, vault);
    await archive.add(name, [Buffer.from(text)]);
    options.signal.throwIfAborted();
    await archive.commit();
    return manifest;
  } finally {
    await archive.discard();
  }
}

const mebibytes = (bytes: number): number => Math.round(bytes / 1_048_576);

const progressOf =
  (activity: string, { data }: Manifest, step: LongWork['step']) =>
  (bytes: number): void =>
    step(`${activity} MiB`, mebibytes(bytes), mebibytes(data.bytes));

interface Added {
  data: Manifest['data'];
  facts: Facts;
}

/** SQLite copies into a file of its own, so the disk of the target needs the room twice. */
async function addSqlite(
  archive: ArchiveWriter,
  file: string,
  target: string,
  { step, signal }: BackupOptions,
): Promise<Added> {
  const copy = `${target}.${randomToken(6)}.copy.part`;
  try {
    const facts = await copySqlite(file, copy, { step, signal });
    const data = await archive.add(
      'alongside.sqlite',
      createReadStream(copy, { signal, highWaterMark: 1 << 20 }),
      (bytes) => step('Writing MiB', mebibytes(bytes)),
    );
    return { data, facts };
  } finally {
    await rm(copy, { force: true });
  }
}

async function addPostgres(
  archive: ArchiveWriter,
  url: string,
  { step, signal, postgresTools }: BackupOptions,
): Promise<Added> {
  const { connectServer, dumpPostgres } = await import('../storage/backup/postgres.ts');
  const server = await connectServer(url, postgresTools);
  try {
    const { output, facts } = await dumpPostgres(server, signal);
    const data = await archive.add('alongside.pgdump', output, (bytes) =>
      step('Dumping MiB', mebibytes(bytes)),
    );
    step('Counting rows');
    return { data, facts: await facts };
  } finally {
    await server.client.end();
  }
}

/** A verified backup, and how the master key of the configuration relates to it. */
export interface CheckedBackup {
  manifest: Manifest;
  key: 'opens' | 'missing';
}

/** Verifies a backup without restoring it. Throws OperatorError for a damaged file, and for one of another master key. */
export async function checkBackup(
  config: Config,
  file: string,
  { step, signal }: LongWork,
): Promise<CheckedBackup> {
  const keyFile = new MasterKeyFile(resolve(config.data), config);
  const vault = keyFile.read();
  const backup = await Backup.open(file);
  try {
    if (vault) refuseKey(backup, vault, keyFile.path, file);
    await backup.verify({ progress: progressOf('Verifying', backup.manifest, step), signal });
    return { manifest: backup.manifest, key: vault ? 'opens' : 'missing' };
  } finally {
    await backup.close();
  }
}

function refuseKey(backup: Backup, vault: Vault, keyFile: string, file: string): void {
  const state = backup.keyState(vault);
  if (state === 'wrong')
    throw new OperatorError(
      `The master key ${keyFile} is not the one of the backup ${file}. Set --master-key to the file with that key.`,
    );
  if (state === 'changed')
    throw new OperatorError(`The backup ${file} was changed after it was made. Use another backup.`);
}

export interface Restored {
  manifest: Manifest;
  /** The database, for people. */
  description: string;
  /** The schema after the migrations of this version. */
  schema: number;
}

/** Replaces the configured database by a backup; changes nothing if anything is wrong. Throws OperatorError. */
export async function restoreBackup(config: Config, file: string, options: BackupOptions): Promise<Restored> {
  const restored = await replaceData(config, file, options);
  // The file with the ends of the audit chains is of the data before.
  const { audit, close } = await openStoredAudit(config);
  await audit.sealOwn().finally(close);
  return restored;
}

async function replaceData(config: Config, file: string, options: BackupOptions): Promise<Restored> {
  const { step, signal } = options;
  refuseMemory(config);
  const backup = await Backup.open(file);
  try {
    const { manifest } = backup;
    const database = sqliteFileOf(config.database, resolve(config.data));
    const dialect = database === undefined ? 'postgres' : 'sqlite';
    const names = { sqlite: 'SQLite', postgres: 'PostgreSQL' };
    if (manifest.dialect !== dialect)
      throw new OperatorError(
        `The backup ${file} is of ${names[manifest.dialect]}, and the configured database is ${names[dialect]}. Set --database.`,
      );
    if (manifest.schema > knownSchema)
      throw new OperatorError(
        `The backup ${file} has schema ${manifest.schema}, and this version ${version} knows ${knownSchema}. Use version ${manifest.version} or newer.`,
      );
    const keyFile = new MasterKeyFile(resolve(config.data), config);
    const vault = keyFile.read();
    if (!vault)
      throw new OperatorError(
        `The master key ${keyFile.path} is missing, and secrets in the backup are encrypted with it. Copy the file there, or set --master-key.`,
      );
    refuseKey(backup, vault, keyFile.path, file);
    await backup.verify({ progress: progressOf('Verifying', manifest, step), signal });
    const folder = openDataFolder(config.data, false).path;
    const data = backup.data({ progress: progressOf('Restoring', manifest, step), signal });
    const finish = (setting: string) =>
      finishRestore({ ...config, database: setting, migrate: true }, folder, backup, file, options);
    if (database === undefined) return await restorePostgres(config, data, manifest, finish, options);
    let schema = 0;
    await replaceSqlite(database, data, {
      force: options.force,
      signal,
      async finish(draft) {
        ({ schema } = await finish(`sqlite:${draft}`));
      },
    });
    return { manifest, description: `SQLite ${database}`, schema };
  } finally {
    await backup.close();
  }
}

async function restorePostgres(
  config: Config,
  data: AsyncIterable<Buffer>,
  manifest: Manifest,
  finish: (setting: string) => Promise<{ schema: number; description: string }>,
  { force, step, signal, postgresTools }: BackupOptions,
): Promise<Restored> {
  const { connectServer, replacePostgres } = await import('../storage/backup/postgres.ts');
  const server = await connectServer(config.database, postgresTools);
  const description = `PostgreSQL ${server.client.host}/${server.client.database}`;
  try {
    if (server.namespace !== manifest.namespace)
      throw new OperatorError(
        `The backup has the schema ${manifest.namespace}, and the user of ${description} works in ${server.namespace}. Set its search_path.`,
      );
    const tables = Object.keys(manifest.counts);
    await replacePostgres(server, data, { description, force, tables, step, signal });
  } finally {
    await server.client.end().catch(() => undefined);
  }
  return { manifest, ...(await finish(config.database)) };
}

/** Migrates the restored data. Then one batch ends sessions, codes and tokens, and records the restore. */
async function finishRestore(
  config: Config,
  folder: string,
  { manifest }: Backup,
  file: string,
  { step }: LongWork,
): Promise<{ schema: number; description: string }> {
  step('Migrating');
  const { database, vault } = await openStorage(config, folder, 'either', (line) => step(line));
  const audit = new AuditLog(database, systemClock, vault);
  try {
    const tables = (await database.all(sql(tablesQuery[database.dialect]))).map(({ name }) => String(name));
    await database.batch(
      [
        ...endingSql(tables).map((statement) => sql(statement)),
        audit.recordStatement({
          action: 'data.restored',
          outcome: 'ok',
          actor: operator,
          target: basename(file),
          detail: {
            madeAt: manifest.createdAt,
            madeBy: manifest.version,
            schema: manifest.schema,
            sha256: manifest.data.sha256,
          },
        }),
      ],
      { patient: true },
    );
    await audit.acceptRestore();
    return { schema: knownSchema, description: database.description };
  } finally {
    await audit.close();
    await database.close();
  }
}
