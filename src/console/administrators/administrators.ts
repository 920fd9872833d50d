import type { Clock } from '@alongside/kernel/clock';
import { randomToken, uuid } from '@alongside/kernel/ids';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { SingleUse } from '../../storage/single-use.ts';

/** A person who may use the console of an installation in production. */
export interface Administrator {
  id: string;
  name: string;
}

/** A stored passkey of an administrator. */
export interface AdministratorKey {
  /** Id of the WebAuthn credential, base64url. */
  id: string;
  /** COSE, base64url. */
  publicKey: string;
  counter: number;
}

/** One line of `alongside admin list`. */
export interface ListedAdministrator extends Administrator {
  createdAt: number;
  lastSignIn: number | null;
}

const invitation = 'administrator-invitation';
/** Milliseconds. */
export const invitationLifetime = 3_600_000;

/** Returns the name of an administrator in audit records. */
export const actorOf = ({ id, name }: Administrator): string => `${name} (administrator ${id})`;

/** Administrators, their passkeys and their invitations. */
export class Administrators {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #singleUse: SingleUse;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#singleUse = new SingleUse(database, clock);
  }

  /**
   * Creates an invitation and returns the secret part of its link, of which only a hash is stored.
   * @param others statements of the same batch, such as the audit record
   */
  async invite(name: string, ...others: Statement[]): Promise<string> {
    const token = randomToken();
    await this.#singleUse.keep(invitation, token, name, invitationLifetime, ...others);
    return token;
  }

  /** Returns the name in a valid invitation. */
  invitedName(token: string): Promise<string | undefined> {
    return this.#singleUse.peek<string>(invitation, token);
  }

  /** Spends an invitation and adds its administrator in one batch with `more`. Returns false if it was spent already. */
  async join(
    token: string,
    { id, name }: Administrator,
    key: AdministratorKey,
    more: readonly Statement[],
  ): Promise<boolean> {
    const now = this.#clock.now();
    const { done } = await this.#database.batch([
      this.#singleUse.spendStatement(invitation, token),
      sql('INSERT INTO administrator (id, name, created_at) VALUES (?, ?, ?)', id, name, now),
      must(
        sql(
          `INSERT INTO administrator_key (id, administrator_id, public_key, counter, used_at) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (id) DO NOTHING`,
          key.id,
          id,
          key.publicKey,
          key.counter,
          now,
        ),
      ),
      ...more,
    ]);
    return done;
  }

  /** Returns the passkey with this id and its administrator. */
  async byKey(id: string): Promise<{ administrator: Administrator; key: AdministratorKey } | undefined> {
    const row = await this.#database.get<{
      owner: string;
      name: string;
      public_key: string;
      counter: number;
    }>(
      sql(
        `SELECT a.id AS owner, a.name, k.public_key, k.counter FROM administrator_key k
         JOIN administrator a ON a.id = k.administrator_id WHERE k.id = ?`,
        id,
      ),
    );
    return (
      row && {
        administrator: { id: row.owner, name: row.name },
        key: { id, publicKey: row.public_key, counter: row.counter },
      }
    );
  }

  /** Records a use of a passkey in one batch with `more`. Returns false if another request used or removed it. */
  async useKey(
    { id, counter }: AdministratorKey,
    next: number,
    more: readonly Statement[],
  ): Promise<boolean> {
    const { done } = await this.#database.batch([
      must(
        sql(
          'UPDATE administrator_key SET counter = ?, used_at = ? WHERE id = ? AND counter = ?',
          next,
          this.#clock.now(),
          id,
          counter,
        ),
      ),
      ...more,
    ]);
    return done;
  }

  list(): Promise<ListedAdministrator[]> {
    return this.#database.all<ListedAdministrator>(
      sql(
        `SELECT a.id, a.name, a.created_at AS "createdAt", MAX(k.used_at) AS "lastSignIn" FROM administrator a
         LEFT JOIN administrator_key k ON k.administrator_id = a.id
         GROUP BY a.id, a.name, a.created_at ORDER BY a.created_at, a.id`,
      ),
    );
  }

  /** Removes an administrator with passkeys and sessions. Returns false for an unknown one. */
  async remove(id: string, ...others: Statement[]): Promise<boolean> {
    const { done } = await this.#database.batch([
      must(sql('DELETE FROM administrator WHERE id = ?', id)),
      sql('DELETE FROM administrator_key WHERE administrator_id = ?', id),
      sql('DELETE FROM administrator_session WHERE administrator_id = ?', id),
      ...others,
    ]);
    return done;
  }
}

/** Creates an administrator without storing it. */
export const newAdministrator = (name: string): Administrator => ({ id: uuid(), name });
