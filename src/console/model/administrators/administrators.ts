import type { Clock } from '@alongside/kernel/clock';
import { randomToken, uuid } from '@alongside/kernel/ids';
import type { AuditLog } from '../../../storage/audit.ts';
import { type Database, must, type Statement, sql } from '../../../storage/database.ts';
import { SingleUse } from '../../../storage/single-use.ts';
import { type Grant, type Role, roles } from './roles.ts';

/** A person who is invited to the console, and what the person may do there. */
export interface Invited extends Grant {
  readonly name: string;
  /** Id of the administrator who invited the person; absent for a command. */
  readonly madeBy?: string | undefined;
}

/** A person who may use the console of an installation in production. */
export interface Administrator extends Invited {
  readonly id: string;
}

export interface AdministratorRow {
  id: string;
  name: string;
  role: string;
  organisations: string;
}

/** Reads a row. A role of a later version is here the one that may do least. */
export const administratorOf = ({ id, name, role, organisations }: AdministratorRow): Administrator => ({
  id,
  name,
  role: roles.find((one) => one === role) ?? 'read',
  organisations: organisations.split(' ').filter(Boolean),
});

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

/** `last`: the change would leave the installation without an administrator. */
export type RoleChange = 'done' | 'unknown' | 'last';

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
  async invite(invited: Invited, ...others: Statement[]): Promise<string> {
    const token = randomToken();
    await this.#singleUse.keep(invitation, token, invited, invitationLifetime, ...others);
    return token;
  }

  /** Returns the person in a valid invitation. Those of earlier versions contain only a name. */
  async invited(token: string): Promise<Invited | undefined> {
    const found = await this.#singleUse.peek<Invited | string>(invitation, token);
    return typeof found === 'string' ? { name: found, role: 'administrator', organisations: [] } : found;
  }

  /** Spends an invitation and adds its administrator in one batch with `more`. Returns false if it was spent already. */
  async join(
    token: string,
    { id, name, role, organisations, madeBy = '' }: Administrator,
    key: AdministratorKey,
    more: readonly Statement[],
  ): Promise<boolean> {
    const now = this.#clock.now();
    const { done } = await this.#database.batch([
      this.#singleUse.spendStatement(invitation, token),
      sql(
        'INSERT INTO administrator (id, name, role, organisations, created_at, made_by) VALUES (?, ?, ?, ?, ?, ?)',
        id,
        name,
        role,
        organisations.join(' '),
        now,
        madeBy,
      ),
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

  /** Returns whether an administrator was invited, or got the role, by another one. */
  async isMadeBy(id: string, maker: string): Promise<boolean> {
    const found = await this.#database.get(
      sql('SELECT 1 AS made FROM administrator WHERE id = ? AND made_by = ?', id, maker),
    );
    return found !== undefined;
  }

  async byKey(id: string): Promise<{ administrator: Administrator; key: AdministratorKey } | undefined> {
    const row = await this.#database.get<AdministratorRow & { public_key: string; counter: number }>(
      sql(
        `SELECT a.id, a.name, a.role, a.organisations, k.public_key, k.counter FROM administrator_key k
         JOIN administrator a ON a.id = k.administrator_id WHERE k.id = ?`,
        id,
      ),
    );
    return (
      row && {
        administrator: administratorOf(row),
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

  async list(): Promise<ListedAdministrator[]> {
    const rows = await this.#database.all<
      AdministratorRow & { createdAt: number; lastSignIn: number | null }
    >(
      sql(
        `SELECT a.id, a.name, a.role, a.organisations, a.created_at AS "createdAt", MAX(k.used_at) AS "lastSignIn"
         FROM administrator a LEFT JOIN administrator_key k ON k.administrator_id = a.id
         GROUP BY a.id, a.name, a.role, a.organisations, a.created_at ORDER BY a.created_at, a.id`,
      ),
    );
    return rows.map(({ createdAt, lastSignIn, ...row }) => ({
      ...administratorOf(row),
      createdAt,
      lastSignIn,
    }));
  }

  /**
   * Changes the role of an administrator, from the next request on.
   * @param grant `madeBy`: id of the administrator who changes it; absent for a command
   */
  changeRole(
    id: string,
    { role, organisations, madeBy = '' }: Omit<Invited, 'name'>,
    ...others: Statement[]
  ): Promise<RoleChange> {
    return this.#unlessLast(id, role, [
      must(
        sql(
          'UPDATE administrator SET role = ?, organisations = ?, made_by = ? WHERE id = ?',
          role,
          organisations.join(' '),
          madeBy,
          id,
        ),
      ),
      ...others,
    ]);
  }

  /** Removes an administrator with passkeys and sessions, and withdraws the requests for approval. */
  remove(id: string, ...others: Statement[]): Promise<RoleChange> {
    return this.#unlessLast(id, undefined, [
      must(sql('DELETE FROM administrator WHERE id = ?', id)),
      sql('DELETE FROM administrator_key WHERE administrator_id = ?', id),
      sql('DELETE FROM administrator_session WHERE administrator_id = ?', id),
      sql(
        "UPDATE approval SET state = 'withdrawn' WHERE administrator_id = ? AND state IN ('waiting', 'approved')",
        id,
      ),
      ...others,
    ]);
  }

  /** Writes a change unless it leaves no administrator. The counter makes simultaneous changes follow each other. */
  async #unlessLast(id: string, role: Role | undefined, change: readonly Statement[]): Promise<RoleChange> {
    for (;;) {
      const counter = await this.#database.get<{ value: string }>(
        sql("SELECT value FROM setting WHERE name = 'administrators'"),
      );
      if (!counter) throw new Error('The setting "administrators" is missing.');
      const all = await this.list();
      const found = all.find((one) => one.id === id);
      if (!found) return 'unknown';
      const isLast = all.filter((one) => one.role === 'administrator').length === 1;
      if (isLast && found.role === 'administrator' && role !== 'administrator') return 'last';
      const { done } = await this.#database.batch([
        must(
          sql(
            "UPDATE setting SET value = ? WHERE name = 'administrators' AND value = ?",
            String(Number(counter.value) + 1),
            counter.value,
          ),
        ),
        ...change,
      ]);
      if (done) return 'done';
    }
  }
}

/** Creates an administrator without storing it. */
export const newAdministrator = (invited: Invited): Administrator => ({ ...invited, id: uuid() });

export const invitationStatement = (
  audit: AuditLog,
  actor: string,
  { name, role, organisations }: Invited,
): Statement =>
  audit.recordStatement({
    actor,
    action: 'administrator.invited',
    target: name,
    outcome: 'ok',
    detail: { role, organisations: organisations.join(' ') },
  });

export const roleStatement = (
  audit: AuditLog,
  actor: string,
  id: string,
  { role, organisations }: Grant,
): Statement =>
  audit.recordStatement({
    actor,
    action: 'administrator.role-changed',
    target: id,
    outcome: 'ok',
    detail: { role, organisations: organisations.join(' ') },
  });
