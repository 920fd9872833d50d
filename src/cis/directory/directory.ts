import { randomDigits } from '@alongside/kernel/ids';
import { mergePatch } from '@alongside/kernel/json';
import { z } from 'zod';
import { type Database, must, type RowReader, type Statement, seldom, sql } from '../../storage/database.ts';
import { keyStatements, knownNamesStatements, nameKeyOf, searchKey } from '../../storage/person-keys.ts';
import { computed, integer, json, type RowOf, row, sharedJson, text } from '../../storage/row.ts';
import { errors } from '../errors.ts';
import type { ChangesAnswer, JobRole, Person } from '../protocol.ts';
import { changeStatements, changesAfter, latestStatements } from './changes.ts';
import { completePerson, orgCodesOf, readDraft, withoutDerivedNames } from './person.ts';
import {
  findKeys,
  firstUid,
  fits,
  isEmptyFilter,
  isFoundByFamilyName,
  isUid,
  type KeyPosition,
  lastChanged,
  type PeopleFilter,
  readPosition,
  textOfPosition,
} from './search.ts';
import { seedRoles } from './seed/people.ts';
import { freeRolesStatements, personStatement, takeRolesStatements } from './statements.ts';

/** A person with the revision that was read. It starts at 1 and increases with each change. */
export interface PersonRecord {
  person: Person;
  revision: number;
}

/** Stored people were complete when they were written, so reads do not validate them again. */
const storedPerson = z.custom<Person>((value) => typeof value === 'object' && value !== null);
const personRow = row('person', { body: json(storedPerson), revision: integer });
/** For `find`, which every sign-in calls. */
const sharedPersonRow = row('person', { body: sharedJson(storedPerson), revision: integer });
const organisationRow = row('organisation', { code: text, name: text });
const jobRoleRow = row('job_role', {
  code: text,
  name: text,
  activities: json(z.array(z.object({ name: z.string(), code: z.string() }))),
});
const ownerRow = row('person person_role', { name: computed(text), uid: text });

const recordOf = ({ body, revision }: RowOf<typeof personRow>): PersonRecord => ({ person: body, revision });

/** A person of an import, before and after the change. */
export interface ChangedPerson extends PersonRecord {
  before: Person;
}

/** Maximum number of values of a query. */
const atOnce = 500;
/** Numbers of people changed last, and of organisations and roles that a search returns. */
const maxChanged = 20;
const maxNames = 50;

/** Returns a pattern for texts that contain this one, in any case of ASCII letters. */
const containing = (text: string): string =>
  `%${text.toLowerCase().replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;

/** The people, organisations and roles of the installation. */
export class Directory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(uid: string): Promise<PersonRecord | undefined> {
    const statement = seldom(sql('SELECT body, revision FROM person WHERE uid = ?', uid), 'person');
    const found = await this.#database.get(statement, sharedPersonRow);
    return found && recordOf(found);
  }

  async findPersona(persona: string): Promise<PersonRecord | undefined> {
    const statement = sql('SELECT body, revision FROM person WHERE persona = ?', persona);
    const found = await this.#database.get(statement, personRow);
    return found && recordOf(found);
  }

  /** Returns people by uid, after this one. */
  async list(after: string, limit: number): Promise<Person[]> {
    const rows = await this.#database.all(
      sql('SELECT body, revision FROM person WHERE uid > ? ORDER BY uid LIMIT ?', after, limit),
      personRow,
    );
    return rows.map(({ body }) => body);
  }

  /** Returns all people by uid. */
  async everybody(): Promise<Person[]> {
    const rows = await this.#database.all(sql('SELECT body, revision FROM person ORDER BY uid'), personRow);
    return rows.map(({ body }) => body);
  }

  /** Returns the existing people of these uids, by uid. */
  async findAll(uids: readonly string[]): Promise<Map<string, PersonRecord>> {
    const rows = await this.#amongst('SELECT body, revision FROM person WHERE uid', uids, personRow);
    return new Map(rows.map(recordOf).map((record) => [record.person.uid, record]));
  }

  /** Returns the uids of the owners of these personas and role profiles, by `persona …` and `roleId …`. */
  async ownersOf(personas: readonly string[], roleIds: readonly string[]): Promise<Map<string, string>> {
    const people = await this.#amongst(
      'SELECT persona AS name, uid FROM person WHERE persona',
      personas,
      ownerRow,
    );
    const roles = await this.#amongst(
      'SELECT role_id AS name, uid FROM person_role WHERE role_id',
      roleIds,
      ownerRow,
    );
    return new Map([
      ...people.map(({ name, uid }): [string, string] => [`persona ${name}`, uid]),
      ...roles.map(({ name, uid }): [string, string] => [`roleId ${name}`, uid]),
    ]);
  }

  /**
   * Adds and changes people in one batch. Returns false if one of them has changed since, or if a uid, persona or role is taken.
   * @param statements of the same act, such as its audit record
   */
  async import(
    added: readonly Person[],
    changed: readonly ChangedPerson[],
    statements: readonly Statement[],
  ): Promise<boolean> {
    const { done } = await this.#database.batch([
      // Personas and roles may move from one of them to another.
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
        ...keyStatements(undefined, person),
      ]),
      ...changed.flatMap(({ person, before }) => keyStatements(before, person)),
      ...knownNamesStatements([...added, ...changed.map(({ person }) => person)]),
      ...latestStatements([...added, ...changed.map(({ person }) => person)].map(({ uid }) => uid)),
      ...changeStatements(changed.map(({ person: { uid, disabled } }) => ({ uid, gone: disabled }))),
      ...statements,
    ]);
    return done;
  }

  /** Returns the people who were changed or removed after this number. */
  changes(after: number | undefined): Promise<ChangesAnswer> {
    return changesAfter(this.#database, after);
  }

  organisations(): Promise<RowOf<typeof organisationRow>[]> {
    return this.#database.all(sql('SELECT code, name FROM organisation ORDER BY code'), organisationRow);
  }

  /** Returns organisations with this text in their name, or code, by name. */
  findOrganisations(q: string): Promise<RowOf<typeof organisationRow>[]> {
    return this.#database.all(
      sql(
        `SELECT code, name FROM organisation WHERE LOWER(name) LIKE ? ESCAPE '\\' OR code = ? ORDER BY name, code LIMIT ${maxNames}`,
        containing(q),
        q.toUpperCase(),
      ),
      organisationRow,
    );
  }

  /** Returns job roles with this text in their name, or code, by name: those of people and those of the seed. */
  async findJobRoles(q: string): Promise<JobRole[]> {
    const stored = await this.#database.all(sql('SELECT code, name, activities FROM job_role'), jobRoleRow);
    const published = Object.values(seedRoles).map(({ roleCode, roleName, activities }) => ({
      code: roleCode,
      name: roleName,
      activities: [...activities],
    }));
    const known = new Map([...published, ...stored].map((role) => [role.code, role]));
    const wanted = q.toLowerCase();
    return [...known.values()]
      .filter(({ code, name }) => `${name} ${code}`.toLowerCase().includes(wanted))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .slice(0, maxNames);
  }

  /** Returns the people whom a filter finds, and where the next page begins. The first by uid and persona, the others by name. */
  async search(
    filter: PeopleFilter,
    after: string,
    limit: number,
  ): Promise<{ people: Person[]; next: string | null }> {
    if (isEmptyFilter(filter)) return { people: await this.#changedLast(), next: null };
    if (isUid(filter.q)) {
      const person = (await this.find(filter.q))?.person;
      return { people: person && fits(person, filter) ? [person] : [], next: null };
    }
    const prefix = searchKey(filter.q);
    const named = filter.q === '' ? undefined : (await this.findPersona(filter.q.toLowerCase()))?.person;
    const start: KeyPosition = { order: 'family', key: prefix, uid: firstUid };
    let position = readPosition(after);
    const people: Person[] = named && !position && fits(named, filter) ? [named] : [];
    position ??= start;
    for (;;) {
      const keys = await findKeys(this.#database, filter, position, limit + 1);
      const records = await this.findAll(keys.map(({ uid }) => uid));
      for (const key of keys) {
        const person = records.get(key.uid)?.person;
        // A key of a person who has been changed since is outdated.
        const isCurrent = person && nameKeyOf(person, key.order) === key.key && fits(person, filter);
        const isKnown =
          person?.uid === named?.uid ||
          (key.order === 'given' && person && isFoundByFamilyName(person, prefix));
        if (isCurrent && !isKnown) {
          if (people.length >= limit) return { people, next: textOfPosition(position) };
          people.push(person);
        }
        position = key;
      }
      if (keys.length <= limit) return { people, next: null };
    }
  }

  /** Returns the people who were added or changed last, newest first, then others by uid. */
  async #changedLast(): Promise<Person[]> {
    const uids = await lastChanged(this.#database);
    const records = await this.findAll(uids);
    const changed = uids.flatMap((uid) => records.get(uid)?.person ?? []);
    const others = changed.length < maxChanged ? await this.list('', maxChanged * 2) : [];
    return [...changed, ...others.filter(({ uid }) => !records.has(uid))].slice(0, maxChanged);
  }

  /**
   * Adds a person from an untrusted value.
   * @param others returns statements of the same act, such as its audit record
   * @throws Refusal `invalid_person` or `person_exists`
   */
  async add(value: unknown, others: (person: Person) => Statement[]): Promise<PersonRecord> {
    const draft = readDraft(value);
    const person = completePerson(draft, draft.uid ?? randomDigits(12), await this.names(orgCodesOf(draft)));
    const { done } = await this.#database.batch([
      must(personStatement(person)),
      ...takeRolesStatements(undefined, person),
      ...keyStatements(undefined, person),
      ...knownNamesStatements([person]),
      ...latestStatements([person.uid]),
      ...others(person),
    ]);
    if (done) return { person, revision: 1 };
    await this.#refuseForeignRoles(person);
    throw errors.personExists(`uid ${person.uid} or persona ${person.persona}`);
  }

  /**
   * Changes a person by a merge patch.
   * @param others returns statements of the same act, such as its audit record
   * @throws Refusal `not_found`, `invalid_person`, `person_exists` for a persona of another person, or `precondition_failed` for
   *   another revision than the expected one
   */
  async change(
    uid: string,
    patch: unknown,
    expected: number | undefined,
    others: (before: Person, after: Person) => Statement[],
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
        ...keyStatements(before.person, person),
        ...knownNamesStatements([person]),
        ...latestStatements([uid]),
        ...changeStatements([{ uid, gone: person.disabled }]),
        ...others(before.person, person),
      ]);
      // Another change won, so the patch is applied to its result.
      if (done) return { person, revision };
    }
  }

  /** Removes a person. @throws Refusal `not_found` or `precondition_failed` */
  async remove(uid: string, expected: number | undefined, record: Statement): Promise<void> {
    for (;;) {
      const before = await this.find(uid);
      if (!before) throw errors.personMissing(`uid ${uid}`);
      if (expected !== undefined && expected !== before.revision)
        throw errors.revisionChanged(`expected ${expected}, it is ${before.revision}`);
      const { done } = await this.#database.batch([
        must(sql('DELETE FROM person WHERE uid = ? AND revision = ?', uid, before.revision)),
        sql('DELETE FROM person_role WHERE uid = ?', uid),
        ...keyStatements(before.person, undefined),
        ...changeStatements([{ uid, gone: true }]),
        record,
      ]);
      if (done) return;
    }
  }

  async #patched(before: Person, patch: unknown): Promise<Person> {
    const draft = readDraft(mergePatch(withoutDerivedNames(before), patch));
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

  /** Returns the names of these organisations, by code. */
  async names(codes: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.#amongst(
      'SELECT code, name FROM organisation WHERE code',
      codes,
      organisationRow,
    );
    return new Map(rows.map(({ code, name }) => [code, name]));
  }

  /** Rejects role profiles of other people. */
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

  /** Returns the rows with one of these values, by several queries if necessary. */
  async #amongst<R extends object>(
    select: string,
    values: readonly string[],
    shape: RowReader<R>,
  ): Promise<R[]> {
    const unique = [...new Set(values)];
    const rows: R[] = [];
    for (let from = 0; from < unique.length; from += atOnce) {
      const some = unique.slice(from, from + atOnce);
      // Lengths are powers of two, so that the database prepares few statements.
      while (some.length & (some.length - 1)) some.push(some[0] ?? '');
      const marks = some.map(() => '?').join(', ');
      rows.push(...(await this.#database.all(sql(`${select} IN (${marks})`, ...some), shape)));
    }
    return rows;
  }
}
