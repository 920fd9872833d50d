import { OperatorError } from '@alongside/kernel/operator';
import { type Database, sql } from '../storage/database.ts';
import type { Settings } from '../storage/settings.ts';

const modeSetting = 'mode';

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

async function storedMode(database: Database, settings: Settings): Promise<string | undefined> {
  const stored = await settings.get(modeSetting);
  return stored === undefined && (await isUsed(database)) ? 'development' : stored;
}

/** Throws OperatorError for data of the other mode, because the seed's secrets are public. Writes nothing. */
export async function checkMode(database: Database, settings: Settings, wanted: Mode): Promise<void> {
  const stored = await storedMode(database, settings);
  if (stored !== undefined && stored !== wanted) throw new OperatorError(refusals[wanted]);
}

/** Marks the data as development's or production's. Throws OperatorError if another process marked it as the other. */
export async function claimMode(database: Database, settings: Settings, wanted: Mode): Promise<void> {
  const mode = await settings.first(modeSetting, (await storedMode(database, settings)) ?? wanted);
  if (mode !== wanted) throw new OperatorError(refusals[wanted]);
}
