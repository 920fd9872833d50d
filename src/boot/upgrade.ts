import { resolve } from 'node:path';
import type { Config } from '../config.ts';
import { knownSchema } from '../storage/migrations.ts';
import { Settings } from '../storage/settings.ts';
import { planUpgrade, type UpgradePlan } from '../storage/upgrade-plan.ts';
import { version } from '../version.ts';
import type { LongWork } from './backup.ts';
import { openDataFolder } from './data-folder.ts';
import { openExisting, openStorage, type StorageConfig, storedMode, versionSetting } from './storage.ts';

export interface CheckedUpgrade extends UpgradePlan {
  /** The database, for people. */
  description: string;
  /** Whether the data belongs to `alongside up`, which alone may serve it. */
  isOfDevelopment: boolean;
  /** The version that served the data last, if known. */
  from: string | undefined;
  to: { version: string; schema: number };
}

/** Returns what this version would do to existing data; changes nothing. Throws OperatorError for data that it cannot open. */
export async function checkUpgrade(config: StorageConfig & Pick<Config, 'data'>): Promise<CheckedUpgrade> {
  const { database } = await openExisting(config, resolve(config.data));
  try {
    const settings = new Settings(database);
    const isOfDevelopment = (await storedMode(database, settings)) === 'development';
    const from = await settings.get(versionSetting);
    const plan = await planUpgrade(database);
    const { description } = database;
    return { description, isOfDevelopment, from, to: { version, schema: knownSchema }, ...plan };
  } finally {
    await database.close();
  }
}

/** Migrates existing data to the schema of this version. Throws OperatorError. */
export async function migrateData(
  config: Config,
  { step }: Pick<LongWork, 'step'>,
): Promise<{ description: string; from: number; to: number }> {
  const { description, schema } = await checkUpgrade(config);
  const folder = openDataFolder(config.data, false).path;
  const { database } = await openStorage({ ...config, migrate: true }, folder, 'either', (line) =>
    step(line),
  );
  await database.close();
  return { description, from: schema, to: knownSchema };
}
