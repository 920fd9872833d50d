import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { Credentials, type Draft } from '../model/credentials.ts';
import { passwordSeeds } from './password/seed.ts';
import { tabletSeeds } from './tablet/seed.ts';
import { totpSeeds } from './totp/seed.ts';
import { webAuthnSeeds } from './webauthn/seed.ts';

/** What people of the seed can sign in with beside their cards; one file for each kind. */
const seeds: readonly (() => Draft[] | Promise<Draft[]>)[] = [
  webAuthnSeeds,
  totpSeeds,
  tabletSeeds,
  passwordSeeds,
];

const marker = 'cis2.seeded';

interface Parts {
  database: Database;
  clock: Clock;
  vault: Vault;
}

async function planting({ database, clock, vault }: Parts): Promise<Statement[]> {
  const credentials = new Credentials(database, clock, vault);
  const drafts = await Promise.all(seeds.map((seed) => seed()));
  return drafts.flat().map((draft) => credentials.adding(draft).statement);
}

/** Adds the seeded credentials, once in the life of a database: one that was removed since stays away. Development only. */
export async function seedCredentials(parts: Parts): Promise<void> {
  const known = await parts.database.get(sql('SELECT value FROM setting WHERE name = ?', marker));
  if (known) return;
  const first = must(
    sql("INSERT INTO setting (name, value) VALUES (?, 'done') ON CONFLICT (name) DO NOTHING", marker),
  );
  await parts.database.batch([first, ...(await planting(parts))]);
}

/** Puts the credentials of all people back to the seed. */
export async function resetCredentials(parts: Parts): Promise<void> {
  await parts.database.batch([
    sql('DELETE FROM credential'),
    ...(await planting(parts)),
    sql("INSERT INTO setting (name, value) VALUES (?, 'done') ON CONFLICT (name) DO NOTHING", marker),
  ]);
}
