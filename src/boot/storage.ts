import { OperatorError } from '@alongside/kernel/operator';
import type { Vault } from '@alongside/kernel/secrets';
import type { Config } from '../config.ts';
import type { Database } from '../storage/database.ts';
import { connectDatabase } from '../storage/dialects.ts';
import { bindMasterKey, masterKeyState } from '../storage/master-key-check.ts';
import { migrate, refuseNewerSchema, schemaOf } from '../storage/migrations.ts';
import { Settings } from '../storage/settings.ts';
import { MasterKeyFile } from './master-key.ts';
import { checkMode, claimMode } from './mode.ts';

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

/** Settings for the location of storage and its connections. */
export type StorageConfig = Pick<Config, 'database' | 'ephemeral' | 'masterKey'> &
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
 */
export async function openStorage(
  config: StorageConfig,
  folder: string,
  mode: 'development' | 'production' | 'either',
): Promise<Storage> {
  const keyFile = new MasterKeyFile(folder, config.masterKey);
  const found = keyFile.read();
  const database = await connect(config, folder);
  try {
    const settings = new Settings(database);
    const schema = await schemaOf(database);
    refuseNewerSchema(schema);
    if (schema > 0) {
      await refuseWrongKey(database, found, keyFile.path);
      if (mode !== 'either') await checkMode(database, settings, mode);
    } else if (mode === 'either') throw new OperatorError(`There is no data in ${database.description}.`);
    const vault = found ?? keyFile.make();
    await migrate(database);
    await bindMasterKey(database, vault);
    // Another process may have bound new data to its key.
    await refuseWrongKey(database, vault, keyFile.path);
    if (mode !== 'either') await claimMode(database, settings, mode);
    return { database, vault };
  } catch (error) {
    await database.close();
    throw error;
  }
}
