import { uuid } from '@alongside/kernel/ids';
import type { Vault } from '@alongside/kernel/secrets';
import { type Database, sql } from './database.ts';
import { Settings } from './settings.ts';

/** Setting with the encrypted id of this installation, and the name under which it is encrypted. */
const installation = 'installation';

/** A value that only the master key of this data decrypts; undefined if nothing is encrypted yet. */
interface Sealed {
  name: string;
  text: string;
}

async function sealedValue(database: Database): Promise<Sealed | undefined> {
  const check = await new Settings(database).get(installation);
  if (check !== undefined) return { name: installation, text: check };
  // Data of versions without a check value.
  const key = await database.get<{ text: string }>(
    sql('SELECT private_sealed AS text FROM signing_key ORDER BY service, kid LIMIT 1'),
  );
  return key && { name: 'signing-key', text: key.text };
}

/** Returns whether a master key decrypts the data; `unsealed` means that nothing is encrypted. Writes nothing. */
export async function masterKeyState(
  database: Database,
  vault: Vault | undefined,
): Promise<'opens' | 'unsealed' | 'wrong'> {
  const sealed = await sealedValue(database);
  if (!sealed) return 'unsealed';
  try {
    if (vault?.open(sealed.name, sealed.text) !== undefined) return 'opens';
  } catch {
    // Encrypted with another key, or damaged.
  }
  return 'wrong';
}

/** Binds the data to a master key unless it is bound already. */
export async function bindMasterKey(database: Database, vault: Vault): Promise<void> {
  await new Settings(database).first(installation, vault.seal(installation, uuid()));
}
