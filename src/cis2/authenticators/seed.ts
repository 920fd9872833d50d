import { must, type Statement, sql } from '../../storage/database.ts';
import { Credentials } from '../model/credentials.ts';
import type { AuthenticatorDependencies } from './kind.ts';
import { authenticatorKinds } from './registry.ts';

type SeedDependencies = Pick<AuthenticatorDependencies, 'database' | 'clock' | 'vault'>;

const marker = 'cis2.seeded';

function seedStatements({ database, clock, vault }: SeedDependencies): Statement[] {
  const credentials = new Credentials(database, clock, vault);
  const drafts = authenticatorKinds.flatMap(({ seed }) => seed?.() ?? []);
  return drafts.map((draft) => credentials.prepare(draft).statement);
}

/** Adds the seeded credentials once in the life of a database, so removed ones stay removed. Development only. */
export async function seedCredentials(dependencies: SeedDependencies): Promise<void> {
  const { database } = dependencies;
  if (await database.get(sql('SELECT value FROM setting WHERE name = ?', marker))) return;
  const first = must(
    sql("INSERT INTO setting (name, value) VALUES (?, 'done') ON CONFLICT (name) DO NOTHING", marker),
  );
  await database.batch([first, ...seedStatements(dependencies)]);
}

/** Replaces all credentials by those of the seed. */
export async function resetCredentials(dependencies: SeedDependencies): Promise<void> {
  await dependencies.database.batch([
    sql('DELETE FROM credential'),
    ...seedStatements(dependencies),
    sql("INSERT INTO setting (name, value) VALUES (?, 'done') ON CONFLICT (name) DO NOTHING", marker),
  ]);
}
