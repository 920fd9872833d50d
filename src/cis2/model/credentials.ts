import type { Clock } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { integer, json, nullable, type RowOf, row, text } from '../../storage/row.ts';

/** A credential of a person, such as a WebAuthn credential or a password. Times in milliseconds. */
export interface Credential<Body> {
  id: string;
  uid: string;
  /** Id of the authenticator. */
  kind: string;
  /** The name that the owner gave it. */
  label: string;
  /** The key by which a sign-in finds it, unless it finds it by its owner. */
  lookup: string | null;
  body: Body;
  createdAt: number;
  usedAt: number | null;
}

const credentialRow = row('credential', {
  id: text,
  uid: text,
  kind: text,
  label: text,
  lookup: nullable(text),
  body: json(z.unknown()),
  sealed: text,
  created_at: integer,
  used_at: nullable(integer),
});
type CredentialRow = RowOf<typeof credentialRow>;

const fromRow = <Body>(row: CredentialRow): Credential<Body> => ({
  id: row.id,
  uid: row.uid,
  kind: row.kind,
  label: row.label,
  lookup: row.lookup,
  // The kind of the credential determines its shape.
  body: row.body as Body,
  createdAt: row.created_at,
  usedAt: row.used_at,
});

/** A new credential. `secret` is stored encrypted. */
export interface Draft {
  uid: string;
  kind: string;
  label: string;
  lookup?: string;
  body: unknown;
  secret?: string;
}

/** Purpose of the key that encrypts the secrets. */
const purpose = 'cis2-credential';

export class Credentials {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #vault: Vault;

  constructor(database: Database, clock: Clock, vault: Vault) {
    this.#database = database;
    this.#clock = clock;
    this.#vault = vault;
  }

  /** Returns the live credentials of a person, of one kind or all, oldest first. */
  async of<Body>(uid: string, kind?: string): Promise<Credential<Body>[]> {
    const rows = await this.#database.all(
      kind === undefined
        ? sql('SELECT * FROM credential WHERE uid = ? AND revoked_at IS NULL ORDER BY created_at, id', uid)
        : sql(
            'SELECT * FROM credential WHERE uid = ? AND kind = ? AND revoked_at IS NULL ORDER BY created_at, id',
            uid,
            kind,
          ),
      credentialRow,
    );
    return rows.map((row) => fromRow<Body>(row));
  }

  async get<Body>(id: string): Promise<Credential<Body> | undefined> {
    const row = await this.#row(id);
    return row && fromRow<Body>(row);
  }

  /** Returns the live credentials with this lookup key. */
  async find<Body>(kind: string, lookup: string): Promise<Credential<Body>[]> {
    const rows = await this.#database.all(
      sql('SELECT * FROM credential WHERE kind = ? AND lookup = ? AND revoked_at IS NULL', kind, lookup),
      credentialRow,
    );
    return rows.map((row) => fromRow<Body>(row));
  }

  /** Returns the secret of a live credential, if it has a secret. */
  async secret(id: string): Promise<string | undefined> {
    const row = await this.#row(id);
    return row && row.sealed !== '' ? this.#vault.open(purpose, row.sealed) : undefined;
  }

  /** Returns the id of a new credential and the write that adds it. */
  prepare({ uid, kind, label, lookup, body, secret }: Draft): { id: string; statement: Statement } {
    const id = uuid();
    const statement = sql(
      `INSERT INTO credential (id, uid, kind, label, lookup, body, sealed, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      uid,
      kind,
      label,
      lookup ?? null,
      JSON.stringify(body),
      secret === undefined ? '' : this.#vault.seal(purpose, secret),
      this.#clock.now(),
    );
    return { id, statement };
  }

  /** Returns the conditional write that notes a use. Its batch fails if the credential was revoked or changed. */
  useStatement(credential: Credential<unknown>, body: unknown = credential.body): Statement {
    return must(
      sql(
        'UPDATE credential SET body = ?, used_at = ? WHERE id = ? AND body = ? AND revoked_at IS NULL',
        JSON.stringify(body),
        this.#clock.now(),
        credential.id,
        JSON.stringify(credential.body),
      ),
    );
  }

  /** Returns the conditional write that renames a live credential. */
  renameStatement(id: string, label: string): Statement {
    return must(sql('UPDATE credential SET label = ? WHERE id = ? AND revoked_at IS NULL', label, id));
  }

  /** Returns the conditional write that revokes a credential once. */
  revokeStatement(id: string): Statement {
    return must(
      sql('UPDATE credential SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', this.#clock.now(), id),
    );
  }

  #row(id: string): Promise<CredentialRow | undefined> {
    return this.#database.get(
      sql('SELECT * FROM credential WHERE id = ? AND revoked_at IS NULL', id),
      credentialRow,
    );
  }
}
