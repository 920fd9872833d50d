import { createHmac } from 'node:crypto';
import { parseOwnJson } from '@alongside/kernel/json';
import { OperatorError } from '@alongside/kernel/operator';
import { equalHashes, type Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import type { Database, Row } from '../database.ts';
import { ArchiveReader, damaged, type Entry, type Reading } from './archive.ts';

const format = 1;

/** The contents of `manifest.json` in a backup. */
const manifestShape = z.object({
  format: z.number(),
  /** Version of the product that made the backup. */
  version: z.string(),
  createdAt: z.iso.datetime(),
  dialect: z.enum(['sqlite', 'postgres']),
  /** Version of the database, for people. */
  engine: z.string(),
  /** PostgreSQL: the schema with the tables. */
  namespace: z.string().optional(),
  schema: z.number(),
  /** A value that only the master key of the data decrypts. */
  keyCheck: z.string(),
  /** The last record of each chain of the audit log. */
  auditHeads: z.array(z.tuple([z.string(), z.number(), z.string()])),
  /** Rows by table. */
  counts: z.record(z.string(), z.number()),
  data: z.object({ name: z.string(), bytes: z.number(), sha256: z.string() }),
  /** HMAC of everything above, under the master key. */
  mac: z.string(),
});

export type Manifest = z.infer<typeof manifestShape>;

/** Facts about the data at the moment of a backup. */
export type Facts = Pick<Manifest, 'dialect' | 'engine' | 'namespace' | 'schema' | 'auditHeads' | 'counts'>;

const manifestName = 'manifest.json';
const keyPurpose = 'backup';

const unsignedShape = manifestShape.omit({ mac: true });

/** The members are in the order of the shape. */
const macOf = (members: z.infer<typeof unsignedShape>, vault: Vault): string =>
  createHmac('sha256', vault.derive(keyPurpose))
    .update(JSON.stringify(unsignedShape.parse(members)))
    .digest('base64url');

export function manifestFile(
  members: Omit<Manifest, 'format' | 'keyCheck' | 'mac'>,
  vault: Vault,
): { name: string; manifest: Manifest; text: string } {
  const unsigned = { format, ...members, keyCheck: vault.seal(keyPurpose, members.createdAt) };
  const manifest = { ...unsigned, mac: macOf(unsigned, vault) };
  return { name: manifestName, manifest, text: `${JSON.stringify(manifest, null, 2)}\n` };
}

/** Returns the facts, read through queries of one snapshot. @param tables names of all tables */
export async function factsOf(
  query: (text: string) => Row[] | Promise<Row[]>,
  tables: readonly string[],
): Promise<Pick<Facts, 'schema' | 'auditHeads' | 'counts'>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const [row] = await query(`SELECT COUNT(*) AS n FROM "${table}"`);
    counts[table] = Number(row?.n);
  }
  const [stored] = tables.includes('setting')
    ? await query("SELECT value FROM setting WHERE name = 'schema'")
    : [];
  const chains = tables.includes('audit_chain')
    ? await query('SELECT chain, seq, mac FROM audit_chain ORDER BY chain')
    : [];
  return {
    schema: Number(stored?.value ?? 0),
    auditHeads: chains.map(({ chain, seq, mac }) => [String(chain), Number(seq), String(mac)]),
    counts,
  };
}

/** A backup that can be verified and restored. */
export class Backup {
  readonly manifest: Manifest;
  readonly #archive: ArchiveReader;
  readonly #data: Entry;

  private constructor(archive: ArchiveReader, manifest: Manifest, data: Entry) {
    this.#archive = archive;
    this.manifest = manifest;
    this.#data = data;
  }

  /** Opens a backup and reads its manifest. @throws OperatorError */
  static async open(path: string): Promise<Backup> {
    const archive = await ArchiveReader.open(path);
    try {
      const entry = archive.entries.find(({ name }) => name === manifestName);
      if (!entry || entry.bytes > 1 << 20) throw new OperatorError(`${path} is not a backup of Alongside.`);
      const parts: Buffer[] = [];
      for await (const part of archive.read(entry)) parts.push(part);
      const manifest = manifestIn(Buffer.concat(parts).toString(), path);
      const data = archive.entries.find(({ name }) => name === manifest.data.name);
      if (data?.bytes !== manifest.data.bytes) throw damaged(path, 'its data have another size');
      if (archive.entries.length !== 2) throw damaged(path, 'it has another file');
      return new Backup(archive, manifest, data);
    } catch (error) {
      await archive.close();
      throw error;
    }
  }

  /** Returns how a master key relates to the backup. */
  keyState(vault: Vault): 'opens' | 'wrong' | 'changed' {
    try {
      vault.open(keyPurpose, this.manifest.keyCheck);
    } catch {
      return 'wrong';
    }
    return equalHashes(macOf(this.manifest, vault), this.manifest.mac) ? 'opens' : 'changed';
  }

  /** Reads all data and compares them with the manifest. @throws OperatorError */
  async verify(reading: Reading): Promise<void> {
    const found = await this.#archive.digest(this.#data, reading);
    if (found !== this.manifest.data.sha256)
      throw damaged(this.#archive.path, 'its data do not match their SHA-256');
  }

  data(reading: Reading): AsyncGenerator<Buffer> {
    return this.#archive.read(this.#data, reading);
  }

  close(): Promise<void> {
    return this.#archive.close();
  }
}

function manifestIn(text: string, path: string): Manifest {
  let parsed: unknown;
  try {
    parsed = parseOwnJson<unknown>(text);
  } catch {
    throw damaged(path, 'its manifest is not JSON');
  }
  const given = (parsed as { format?: unknown } | null)?.format;
  if (typeof given === 'number' && given !== format)
    throw new OperatorError(
      `The backup ${path} has format ${given}, and this version knows ${format}. Use the version that made it.`,
    );
  const result = manifestShape.safeParse(parsed);
  if (!result.success) throw damaged(path, 'its manifest is incomplete');
  return result.data;
}

/** Tables whose rows a restore deletes, in every schema that had them: a used code or a revoked token would be valid again. */
export const endedTables: readonly string[] = [
  'token',
  'token_grant',
  'access_token',
  'refresh_token',
  'cis_session',
  'cis2_session',
  'cis2_session_client',
  'administrator_session',
  'unlock_code',
  'lease',
];

/** Returns the statements that end all sessions, codes and tokens. Used values stay, so that they remain used. */
export const endingSql = (tables: readonly string[]): string[] => [
  ...endedTables.filter((table) => tables.includes(table)).map((table) => `DELETE FROM ${table}`),
  ...(tables.includes('single_use') ? ['DELETE FROM single_use WHERE used_at IS NULL'] : []),
];

/** Returns the names of all tables of the product. */
export const tablesQuery: Readonly<Record<Database['dialect'], string>> = {
  sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  postgres:
    "SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace(current_schema()) AND pg_get_userbyid(relowner) = current_user ORDER BY relname",
};
