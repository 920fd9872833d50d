import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { Credentials } from '../model/credentials.ts';
import { authenticatorKinds } from './registry.ts';

const marker = 'cis2.seeded';

interface Parts {
  database: Database;
  clock: Clock;
  vault: Vault;
}

function seedStatements({ database, clock, vault }: Parts): Statement[] {
  const credentials = new Credentials(database, clock, vault);
  const drafts = authenticatorKinds.flatMap(({ seed }) => seed?.() ?? []);
  return drafts.map((draft) => credentials.prepare(draft).statement);
}

/** Adds the seeded credentials, once in the life of a database: one that was removed since stays away. Development only. */
export async function seedCredentials(parts: Parts): Promise<void> {
  const known = await parts.database.get(sql('SELECT value FROM setting WHERE name = ?', marker));
  if (known) return;
  const first = must(
    sql("INSERT INTO setting (name, value) VALUES (?, 'done') ON CONFLICT (name) DO NOTHING", marker),
  );
  await parts.database.batch([first, ...seedStatements(parts)]);
}

/** Puts the credentials of all people back to the seed. */
export async function resetCredentials(parts: Parts): Promise<void> {
  await parts.database.batch([
    sql('DELETE FROM credential'),
    ...seedStatements(parts),
    sql("INSERT INTO setting (name, value) VALUES (?, 'done') ON CONFLICT (name) DO NOTHING", marker),
  ]);
}
