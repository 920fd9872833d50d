import { OperatorError } from '@alongside/kernel/operator';
import { type Database, sql } from '../storage/database.ts';
import type { Settings } from '../storage/settings.ts';

const modeSetting = 'mode';

/** Whether somebody has set anything up here already: data of versions that did not say what they were for was development's. */
async function isUsed(database: Database): Promise<boolean> {
  return (await database.get(sql('SELECT id FROM application LIMIT 1'))) !== undefined;
}

/** Keeps the data of development and production apart: the seed's secrets are public. Throws OperatorError for the other one's. */
export async function claimMode(database: Database, settings: Settings, development: boolean): Promise<void> {
  const wished = development ? 'development' : 'production';
  const unsaid = (await settings.get(modeSetting)) === undefined && (await isUsed(database));
  const mode = await settings.first(modeSetting, unsaid ? 'development' : wished);
  if (mode === wished) return;
  throw new OperatorError(
    development
      ? 'This data belongs to production; development uses other data: choose it with --data or --database.'
      : 'This data was made in development, where secrets are public; choose other data with --data or --database.',
  );
}
