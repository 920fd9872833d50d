import type { JsonWebKey } from '@alongside/kernel/jws';
import type { KeyStore, SigningKeyRecord } from '@alongside/kernel/keys';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { type Database, must, type Statement, seldom, sql } from './database.ts';
import { integer, json, nullable, oneOf, row, text } from './row.ts';

const jwkShape = z.custom<JsonWebKey>((value) => typeof value === 'object' && value !== null);
const keyRow = row('signing_key', {
  service: text,
  kid: text,
  algorithm: oneOf('RS256', 'RS512', 'PS256', 'ES256', 'EdDSA'),
  public_jwk: json(jwkShape),
  private_sealed: text,
  announced_at: integer,
  signs_from: integer,
  signs_until: nullable(integer),
  removed_at: nullable(integer),
});

/** Signing keys in storage, with the private part encrypted under the vault's key. */
export class StoredKeys implements KeyStore {
  readonly #database: Database;
  readonly #vault: Vault;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  async list(service: string): Promise<SigningKeyRecord[]> {
    const rows = await this.#database.all(
      seldom(
        sql('SELECT * FROM signing_key WHERE service = ? ORDER BY announced_at, kid', service),
        'signing_key',
      ),
      keyRow,
    );
    return rows.map((row) => ({
      service: row.service,
      kid: row.kid,
      algorithm: row.algorithm,
      publicJwk: row.public_jwk,
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
