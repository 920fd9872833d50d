import type { JsonWebKey } from '@alongside/kernel/jwk';
import type { SigningAlgorithm } from '@alongside/kernel/jws';
import type { KeyStore, SigningKeyRecord } from '@alongside/kernel/keys';
import type { Vault } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, sql } from './database.ts';

interface KeyRow {
  service: string;
  kid: string;
  algorithm: string;
  public_jwk: string;
  private_sealed: string;
  announced_at: number;
  signs_from: number;
  signs_until: number | null;
  removed_at: number | null;
}

/** Signing keys in storage, with the private part encrypted under the vault's key. */
export class StoredKeys implements KeyStore {
  readonly #database: Database;
  readonly #vault: Vault;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  async list(service: string): Promise<SigningKeyRecord[]> {
    const rows = await this.#database.all<KeyRow>(
      sql('SELECT * FROM signing_key WHERE service = ? ORDER BY announced_at, kid', service),
    );
    return rows.map((row) => ({
      service: row.service,
      kid: row.kid,
      algorithm: row.algorithm as SigningAlgorithm,
      publicJwk: JSON.parse(row.public_jwk) as JsonWebKey,
      privatePem: this.#vault.open('signing-key', row.private_sealed),
      announcedAt: row.announced_at,
      signsFrom: row.signs_from,
      signsUntil: row.signs_until,
      removedAt: row.removed_at,
    }));
  }

  async addFirst(record: SigningKeyRecord): Promise<boolean> {
    const { changes } = await this.#database.run(
      this.#insertStatement(record, `${record.service}:${record.algorithm}`),
    );
    return changes === 1;
  }

  async save(records: readonly SigningKeyRecord[]): Promise<void> {
    await this.#database.batch(records.map((record) => this.#insertStatement(record, null)));
  }

  async succeed(before: SigningKeyRecord, successor: SigningKeyRecord): Promise<boolean> {
    const { service, kid, signsUntil, removedAt } = before;
    const { done } = await this.#database.batch([
      must(
        sql(
          'UPDATE signing_key SET signs_until = ?, removed_at = ? WHERE service = ? AND kid = ? AND signs_until IS NULL',
          signsUntil,
          removedAt,
          service,
          kid,
        ),
      ),
      this.#insertStatement(successor, null),
    ]);
    return done;
  }

  #insertStatement(record: SigningKeyRecord, firstOf: string | null): Statement {
    const conflict = firstOf
      ? 'ON CONFLICT DO NOTHING'
      : 'ON CONFLICT (service, kid) DO UPDATE SET signs_until = excluded.signs_until, removed_at = excluded.removed_at';
    return sql(
      `INSERT INTO signing_key (service, kid, algorithm, first_of, public_jwk, private_sealed, announced_at, signs_from, signs_until, removed_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ${conflict}`,
      record.service,
      record.kid,
      record.algorithm,
      firstOf,
      JSON.stringify(record.publicJwk),
      this.#vault.seal('signing-key', record.privatePem),
      record.announcedAt,
      record.signsFrom,
      record.signsUntil,
      record.removedAt,
    );
  }
}
