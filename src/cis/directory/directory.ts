import { randomDigits } from '@alongside/kernel/ids';
import { mergePatch, ParsedTexts } from '@alongside/kernel/json';
import { type Database, must, type Statement, seldom, sql } from '../../storage/database.ts';
import { errors } from '../errors.ts';
import type { ChangesAnswer, Person } from '../protocol.ts';
import { changeStatements, changesAfter } from './changes.ts';
import { completePerson, orgCodesOf, readDraft } from './person.ts';
import {
  freeRolesStatements,
  organisationStatements,
  personStatement,
  takeRolesStatements,
} from './statements.ts';

/** A person with the number of the version that was read: 1 at first, one more with each change. */
export interface PersonRecord {
  person: Person;
  revision: number;
}

interface PersonRow {
  body: string;
  revision: number;
}

const fromRow = ({ body, revision }: PersonRow): PersonRecord => ({
  person: JSON.parse(body) as Person,
  revision,
});

/** A person as an import changes them, and as they were. */
export interface ChangedPerson extends PersonRecord {
  before: Person;
}

/** Values of one query at most. */
const atOnce = 500;

/** The people of the installation, their organisations and roles. */
export class Directory {
  readonly #database: Database;
  readonly #parsed = new ParsedTexts<Person>();

  constructor(database: Database) {
    this.#database = database;
  }

  async find(uid: string): Promise<PersonRecord | undefined> {
    const row = await this.#database.get<PersonRow>(
      seldom(sql('SELECT body, revision FROM person WHERE uid = ?', uid)),
    );
    return row && { person: this.#parsed.of(uid, row.body), revision: row.revision };
  }

  async findPersona(persona: string): Promise<PersonRecord | undefined> {
    const row = await this.#database.get<PersonRow>(
      sql('SELECT body, revision FROM person WHERE persona = ?', persona),
    );
    return row && fromRow(row);
  }

  /** People by uid, those after this one, at most so many. */
  async list(after: string, limit: number): Promise<Person[]> {
    const rows = await this.#database.all<PersonRow>(
      sql('SELECT body, revision FROM person WHERE uid > ? ORDER BY uid LIMIT ?', after, limit),
    );
    return rows.map((row) => fromRow(row).person);
  }

  /** Everybody by uid. */
  async everybody(): Promise<Person[]> {
    const rows = await this.#database.all<PersonRow>(sql('SELECT body, revision FROM person ORDER BY uid'));
    return rows.map((row) => fromRow(row).person);
  }

  /** Those of these people who are there. */
  async findAll(uids: readonly string[]): Promise<Map<string, PersonRecord>> {
    const rows = await this.#amongst<PersonRow>('SELECT body, revision FROM person WHERE uid', uids);
    return new Map(rows.map(fromRow).map((record) => [record.person.uid, record]));
  }

  /** Who has these personas and role profiles now, by `persona …` and `roleId …`. */
  async ownersOf(personas: readonly string[], roleIds: readonly string[]): Promise<Map<string, string>> {
    const people = await this.#amongst<{ name: string; uid: string }>(
      'SELECT persona AS name, uid FROM person WHERE persona',
      personas,
    );
    const roles = await this.#amongst<{ name: string; uid: string }>(
      'SELECT role_id AS name, uid FROM person_role WHERE role_id',
      roleIds,
    );
    return new Map([
      ...people.map(({ name, uid }): [string, string] => [`persona ${name}`, uid]),
      ...roles.map(({ name, uid }): [string, string] => [`roleId ${name}`, uid]),
    ]);
  }

  /**
   * Adds and changes people, all or none: false when one of them was changed meanwhile, or a uid, persona or role is taken now.
   * @param others writes of the same act, such as its audit record
   */
  async bring(
    added: readonly Person[],
    changed: readonly ChangedPerson[],
    others: readonly Statement[],
  ): Promise<boolean> {
    const { done } = await this.#database.batch([
      // Personas and roles may change hands among them.
      ...changed.map(({ person, revision }) =>
        must(sql('UPDATE person SET persona = NULL WHERE uid = ? AND revision = ?', person.uid, revision)),
      ),
      ...changed.flatMap(({ person, before }) => freeRolesStatements(before, person)),
      ...changed.map(({ person, revision }) =>
        sql(
          'UPDATE person SET persona = ?, body = ?, revision = ? WHERE uid = ?',
          person.persona,
          JSON.stringify(person),
          revision + 1,
          person.uid,
        ),
      ),
      ...changed.flatMap(({ person, before }) => takeRolesStatements(before, person)),
      ...added.flatMap((person) => [
        must(personStatement(person)),
        ...takeRolesStatements(undefined, person),
      ]),
      ...[...added, ...changed.map(({ person }) => person)].flatMap(organisationStatements),
      ...changeStatements(changed.map(({ person }) => person.uid)),
      ...others,
    ]);
    return done;
  }

  /** Who was changed or removed after this number. */
  changes(after: number | undefined): Promise<ChangesAnswer> {
    return changesAfter(this.#database, after);
  }

  async organisations(): Promise<{ code: string; name: string }[]> {
    return this.#database.all(sql('SELECT code, name FROM organisation ORDER BY code'));
  }

  /**
   * Adds a person from a value from outside. Throws `invalid_person` or `person_exists`.
   * @param recordStatement returns the audit record for the uid
   */
  async add(value: unknown, recordStatement: (uid: string) => Statement): Promise<PersonRecord> {
    const draft = readDraft(value);
    const person = completePerson(draft, draft.uid ?? randomDigits(12), await this.names(orgCodesOf(draft)));
    const { done } = await this.#database.batch([
      must(personStatement(person)),
      ...takeRolesStatements(undefined, person),
      ...organisationStatements(person),
      recordStatement(person.uid),
    ]);
    if (done) return { person, revision: 1 };
    await this.#refuseForeignRoles(person);
    throw errors.personExists(`uid ${person.uid} or persona ${person.persona}`);
  }

  /**
   * Changes a person by a merge patch. Throws `not_found`, `invalid_person`, `person_exists` for another's persona,
   * or `precondition_failed` when this is no longer the expected revision.
   */
  async change(
    uid: string,
    patch: unknown,
    expected: number | undefined,
    record: Statement,
  ): Promise<PersonRecord> {
    for (;;) {
      const before = await this.find(uid);
      if (!before) throw errors.personMissing(`uid ${uid}`);
      if (expected !== undefined && expected !== before.revision)
        throw errors.revisionChanged(`expected ${expected}, it is ${before.revision}`);
      const person = await this.#patched(before.person, patch);
      const revision = before.revision + 1;
      const save = must(
        sql(
          'UPDATE person SET persona = ?, body = ?, revision = ? WHERE uid = ? AND revision = ?',
          person.persona,
          JSON.stringify(person),
          revision,
          uid,
          before.revision,
        ),
      );
      const { done } = await this.#database.batch([
        save,
        ...freeRolesStatements(before.person, person),
        ...takeRolesStatements(before.person, person),
        ...organisationStatements(person),
        ...changeStatements([uid]),
        record,
      ]);
      // Somebody else was quicker: the patch is applied to what they wrote.
      if (done) return { person, revision };
    }
  }

  /** Removes a person. Throws `not_found` or `precondition_failed`. */
  async remove(uid: string, expected: number | undefined, record: Statement): Promise<void> {
    const condition = expected === undefined ? '' : ' AND revision = ?';
    const values = expected === undefined ? [uid] : [uid, expected];
    const { done } = await this.#database.batch([
      must(sql(`DELETE FROM person WHERE uid = ?${condition}`, ...values)),
      sql('DELETE FROM person_role WHERE uid = ?', uid),
      ...changeStatements([uid]),
      record,
    ]);
    if (done) return;
    const there = await this.find(uid);
    throw there
      ? errors.revisionChanged(`expected ${expected}, it is ${there.revision}`)
      : errors.personMissing(`uid ${uid}`);
  }

  async #patched(before: Person, patch: unknown): Promise<Person> {
    const draft = readDraft(mergePatch(before, patch));
    if (draft.uid !== before.uid)
      throw errors.personInvalid('the uid would change', { field: 'uid', problem: 'cannot be changed' });
    const person = completePerson(draft, before.uid, await this.names(orgCodesOf(draft)));
    await this.#refuseForeignRoles(person);
    if (
      person.persona !== null &&
      person.persona !== before.persona &&
      (await this.findPersona(person.persona))
    )
      throw errors.personExists(`persona ${person.persona}`);
    return person;
  }

  /** Names of these organisations, by code. */
  async names(codes: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.#amongst<{ code: string; name: string }>(
      'SELECT code, name FROM organisation WHERE code',
      codes,
    );
    return new Map(rows.map(({ code, name }) => [code, name]));
  }

  /** A role profile id belongs to one person. */
  async #refuseForeignRoles(person: Person): Promise<void> {
    const owners = await this.ownersOf(
      [],
      person.roles.map(({ roleId }) => roleId),
    );
    for (const [index, { roleId }] of person.roles.entries()) {
      const owner = owners.get(`roleId ${roleId}`) ?? person.uid;
      if (owner === person.uid) continue;
      const field = `roles.${index}.roleId`;
      throw errors.personInvalid(`${field} belongs to ${owner}`, {
        field,
        problem: 'belongs to another person',
      });
    }
  }

  /** The rows with one of these values, by as many queries as it takes. */
  async #amongst<R extends object>(select: string, values: readonly string[]): Promise<R[]> {
    const unique = [...new Set(values)];
    const rows: R[] = [];
    for (let from = 0; from < unique.length; from += atOnce) {
      const some = unique.slice(from, from + atOnce);
      // Few lengths of lists, so few statements to plan.
      while (some.length & (some.length - 1)) some.push(some[0] ?? '');
      const marks = some.map(() => '?').join(', ');
      rows.push(...(await this.#database.all<R>(sql(`${select} IN (${marks})`, ...some))));
    }
    return rows;
  }
}
