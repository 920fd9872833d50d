import type { Clock } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { integer, json, nullable, type RowOf, row, text } from '../../storage/row.ts';

/** A credential of a person, such as a WebAuthn credential or a password. Times in milliseconds. */
const credentialRow = row('credential', {
  id: text,
  uid: text,
  /** Id of the authenticator. */
  kind: text,
  /** The name that the owner gave it. */
  label: text,
  /** The key by which a sign-in finds it, unless it finds it by its owner. */
  lookup: nullable(text),
  body: json(z.unknown()),
  createdAt: integer,
  usedAt: nullable(integer),
});
/** The kind of the credential determines the shape of its body. */
export type Credential<Body> = RowOf<typeof credentialRow> & { body: Body };

const sealedRow = row('credential', { sealed: text });

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

const liveStatement = (id: string) => sql('SELECT * FROM credential WHERE id = ? AND revoked_at IS NULL', id);

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
    return rows as Credential<Body>[];
  }

  async get<Body>(id: string): Promise<Credential<Body> | undefined> {
    const found = await this.#database.get(liveStatement(id), credentialRow);
    return found as Credential<Body> | undefined;
  }

  /** Returns the live credentials with this lookup key. */
  async find<Body>(kind: string, lookup: string): Promise<Credential<Body>[]> {
    const rows = await this.#database.all(
      sql('SELECT * FROM credential WHERE kind = ? AND lookup = ? AND revoked_at IS NULL', kind, lookup),
      credentialRow,
    );
    return rows as Credential<Body>[];
  }

  /** Returns the secret of a live credential, if it has a secret. */
  async secret(id: string): Promise<string | undefined> {
    const { sealed = '' } = (await this.#database.get(liveStatement(id), sealedRow)) ?? {};
    return sealed === '' ? undefined : this.#vault.open(purpose, sealed);
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

  /** Returns a condition: its batch fails if the credential was revoked. */
  requireLiveStatement(id: string): Statement {
    return must(sql('UPDATE credential SET used_at = used_at WHERE id = ? AND revoked_at IS NULL', id));
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
}
