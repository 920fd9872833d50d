import { existsSync } from 'node:fs';
import { OperatorError } from '@alongside/kernel/operator';
import type { Vault } from '@alongside/kernel/secrets';
import type { Config } from '../config.ts';
import { type Database, sql } from '../storage/database.ts';
import { connectDatabase, sqliteFileOf } from '../storage/dialects.ts';
import { bindMasterKey, masterKeyState } from '../storage/master-key-check.ts';
import { knownSchema, migrate, refuseNewerSchema, schemaOf } from '../storage/migrations.ts';
import { Settings } from '../storage/settings.ts';
import { version } from '../version.ts';
import { MasterKeyFile } from './master-key.ts';

const modeSetting = 'mode';
export const versionSetting = 'version';

/** Returns whether anything is registered: data of versions without a stored mode belongs to development. */
async function isUsed(database: Database): Promise<boolean> {
  return (await database.get(sql('SELECT id FROM application LIMIT 1'))) !== undefined;
}

type Mode = 'development' | 'production';

const refusals: Readonly<Record<Mode, string>> = {
  development:
    'This data belongs to production; development uses other data: choose it with --data or --database.',
  production:
    'This data was made in development, where secrets are public; choose other data with --data or --database.',
};

/** Returns whether the data belongs to development or production; undefined if nothing is registered yet. */
export async function storedMode(database: Database, settings: Settings): Promise<string | undefined> {
  const stored = await settings.get(modeSetting);
  return stored === undefined && (await isUsed(database)) ? 'development' : stored;
}

/** Throws OperatorError for data of the other mode, because the seed's secrets are public. Writes nothing. */
async function checkMode(database: Database, settings: Settings, wanted: Mode): Promise<void> {
  const stored = await storedMode(database, settings);
  if (stored !== undefined && stored !== wanted) throw new OperatorError(refusals[wanted]);
}

/** Marks the data as development's or production's. Throws OperatorError if another process marked it as the other. */
async function claimMode(database: Database, settings: Settings, wanted: Mode): Promise<void> {
  const mode = await settings.first(modeSetting, (await storedMode(database, settings)) ?? wanted);
  if (mode !== wanted) throw new OperatorError(refusals[wanted]);
}

/** Stores the version that served the data last, for `alongside upgrade --check`. */
async function noteVersion(settings: Settings): Promise<void> {
  if ((await settings.get(versionSetting)) !== version) await settings.set(versionSetting, version);
}

/** Storage with the key that encrypts its secrets. */
export interface Storage {
  database: Database;
  vault: Vault;
}

async function refuseWrongKey(database: Database, vault: Vault | undefined, file: string): Promise<void> {
  if ((await masterKeyState(database, vault)) !== 'wrong') return;
  throw new OperatorError(
    vault
      ? `The master key ${file} does not open the data in ${database.description}, which another key sealed. Set --master-key to the file with that key.`
      : `The master key ${file} is missing, and the data in ${database.description} is sealed with it. Restore the file, or set --master-key.`,
  );
}

/** SQLITE_READONLY, in the lowest byte of the result code. */
const readOnlyFile = 8;

/** SQLSTATE codes of a server that refuses every write, with what to do. */
const servers: Readonly<Record<string, string>> = {
  // read_only_sql_transaction
  '25006':
    'accepts no writes: it is a standby, or read-only by default_transaction_read_only. Name the primary server in --database.',
  // insufficient_privilege
  '42501':
    'refuses this user the right to write. Give the user of --database the tables and the schema, as docs/production.md shows.',
};

/** Returns what the operator must do about a database that can be read only; any other error as it is. */
function asUnwritable(error: unknown, { description }: Pick<Database, 'description'>): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { errcode, code } = cause as { errcode?: number; code?: string };
    if (errcode !== undefined && errcode % 256 === readOnlyFile)
      return new OperatorError(
        `${description} can only be read. Let the user of this process write the file and its folder, or choose another with --data or --database.`,
      );
    const server = code === undefined ? undefined : servers[code];
    if (server) return new OperatorError(`${description} ${server}`);
  }
  return error;
}

/** Settings for the location of storage and its connections. */
export type StorageConfig = Pick<
  Config,
  'database' | 'ephemeral' | 'masterKey' | 'masterKeyCommand' | 'migrate'
> &
  Partial<
    Pick<Config, 'databaseConnections' | 'databaseReaders' | 'databaseConnectTimeout' | 'databaseTimeout'>
  >;

const connect = (config: StorageConfig, folder: string): Promise<Database> =>
  connectDatabase(config.database || (config.ephemeral ? ':memory:' : ''), folder, {
    connections: config.databaseConnections,
    readers: config.databaseReaders,
    connectTimeout: config.databaseConnectTimeout,
    timeout: config.databaseTimeout,
  });

/**
 * Opens storage for this mode and master key. Checks everything before the first write, so that a refused start changes nothing.
 * `either` opens data of both modes, and no new data. Throws OperatorError in one sentence.
 * @param report receives the progress of a long migration
 */
export async function openStorage(
  config: StorageConfig,
  folder: string,
  mode: 'development' | 'production' | 'either',
  report?: (line: string) => void,
): Promise<Storage> {
  const keyFile = new MasterKeyFile(folder, config);
  const found = keyFile.read();
  const database = await connect(config, folder);
  try {
    const settings = new Settings(database);
    const schema = await schemaOf(database);
    await refuseNewerSchema(database, schema);
    if (schema > 0) {
      await refuseWrongKey(database, found, keyFile.path);
      if (mode !== 'either') await checkMode(database, settings, mode);
    } else if (mode === 'either') throw noData(database.description);
    if (config.migrate === false && schema < knownSchema)
      throw new OperatorError(
        `${database.description} has schema ${schema}, and this version needs ${knownSchema}: run alongside migrate, or leave out --no-migrate.`,
      );
    const vault = found ?? keyFile.make();
    if (config.migrate !== false) await migrate(database, report ? { report } : {});
    await bindMasterKey(database, vault);
    // Another process may have bound new data to its key.
    await refuseWrongKey(database, vault, keyFile.path);
    if (mode !== 'either') {
      await claimMode(database, settings, mode);
      await noteVersion(settings);
    }
    return { database, vault };
  } catch (error) {
    await database.close();
    throw asUnwritable(error, database);
  }
}

const noData = (place: string): OperatorError =>
  new OperatorError(
    `There is no data in ${place}. Name the data folder with --data, or the database with --database.`,
  );

/** Throws OperatorError for data that end with their process. */
export function refuseMemory({ ephemeral, database }: StorageConfig): void {
  if (ephemeral || database === ':memory:')
    throw new OperatorError(
      'Data in memory end with their process: remove --ephemeral and --database :memory:.',
    );
}

/**
 * Opens existing data as they are: it neither migrates them nor creates a file. Throws OperatorError in one sentence.
 * @param folder the data folder
 */
export async function openExisting(
  config: StorageConfig,
  folder: string,
): Promise<Storage & { schema: number }> {
  const keyFile = new MasterKeyFile(folder, config);
  refuseMemory(config);
  const file = sqliteFileOf(config.database, folder);
  if (file !== undefined && !existsSync(file)) throw noData(`SQLite ${file}`);
  const database = await connect(config, folder);
  try {
    const schema = await schemaOf(database);
    if (schema === 0) throw noData(database.description);
    await refuseNewerSchema(database, schema);
    const vault = keyFile.read();
    await refuseWrongKey(database, vault, keyFile.path);
    if (!vault) throw new OperatorError(`The master key ${keyFile.path} is missing.`);
    return { database, vault, schema };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Tables that a reset empties. Keys, certificates of the authority and the audit log stay. */
const emptied = [
  'single_use',
  'used_jti',
  'access_token',
  'refresh_token',
  'token_grant',
  'cis_session',
  'cis2_session',
  'cis2_session_client',
  'outbox',
  'event_block',
  'journey_block',
  'journey_link',
  'journey',
  'journey_reached',
  'message',
  'refusal',
  'counter',
];

/** Deletes sessions, tokens, events and everything else that only use created. */
export async function deleteHistory(database: Database): Promise<void> {
  await database.batch(emptied.map((table) => sql(`DELETE FROM ${table}`)));
}

/** Deletes the certificates of cards that are restored, and the keys with which the signing service signs for people. */
export async function deleteCertificates(database: Database): Promise<void> {
  await database.batch([sql('DELETE FROM certificate'), sql('DELETE FROM person_signing_key')]);
}
