import { randomDigits } from '@alongside/kernel/ids';
import { mergePatch, ParsedTexts } from '@alongside/kernel/json';
import { type Database, must, type Statement, seldom, sql } from '../../storage/database.ts';
import { errors } from '../errors.ts';
import type { ChangesAnswer, Person } from '../protocol.ts';
import { changeStatements, changesAfter } from './changes.ts';
import { completePerson, readDraft } from './person.ts';

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

/** The write that makes the organisations of a person known, unless they are. */
export const knowingOrganisations = (person: Person): Statement[] =>
  person.organisations.map(({ orgCode, orgName }) =>
    sql(
      'INSERT INTO organisation (code, name) VALUES (?, ?) ON CONFLICT (code) DO NOTHING',
      orgCode,
      orgName,
    ),
  );

/** The write that adds a person, unless the uid or the persona is taken. */
export const addingPerson = (person: Person): Statement =>
  sql(
    'INSERT INTO person (uid, persona, body, revision) VALUES (?, ?, ?, 1) ON CONFLICT DO NOTHING',
    person.uid,
    person.persona,
    JSON.stringify(person),
  );

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
  async everybody(): Promise<Map<string, PersonRecord>> {
    const rows = await this.#database.all<PersonRow>(sql('SELECT body, revision FROM person ORDER BY uid'));
    return new Map(rows.map(fromRow).map((record) => [record.person.uid, record]));
  }

  /** Adds and changes people, all or none: false when one of them was changed meanwhile, or a uid or persona is taken now. */
  async bring(added: readonly Person[], changed: readonly PersonRecord[]): Promise<boolean> {
    const { done } = await this.#database.batch([
      // Personas may change hands among them.
      ...changed.map(({ person, revision }) =>
        must(sql('UPDATE person SET persona = NULL WHERE uid = ? AND revision = ?', person.uid, revision)),
      ),
      ...changed.map(({ person, revision }) =>
        sql(
          'UPDATE person SET persona = ?, body = ?, revision = ? WHERE uid = ?',
          person.persona,
          JSON.stringify(person),
          revision + 1,
          person.uid,
        ),
      ),
      ...added.map((person) => must(addingPerson(person))),
      ...[...added, ...changed.map(({ person }) => person)].flatMap(knowingOrganisations),
      ...changeStatements(changed.map(({ person }) => person.uid)),
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

  /** Adds a person from a value from outside. Throws `invalid_person` or `person_exists`. */
  async add(value: unknown): Promise<PersonRecord> {
    const draft = readDraft(value);
    const person = completePerson(draft, draft.uid ?? randomDigits(12), await this.names());
    await this.#refuseForeignRoles(person);
    const { done } = await this.#database.batch([
      must(addingPerson(person)),
      ...knowingOrganisations(person),
    ]);
    if (!done) throw errors.personExists(`uid ${person.uid} or persona ${person.persona}`);
    return { person, revision: 1 };
  }

  /**
   * Changes a person by a merge patch. Throws `not_found`, `invalid_person`, `person_exists` for another's persona,
   * or `precondition_failed` when this is no longer the expected revision.
   */
  async change(uid: string, patch: unknown, expected: number | undefined): Promise<PersonRecord> {
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
        ...knowingOrganisations(person),
        ...changeStatements([uid]),
      ]);
      // Somebody else was quicker: the patch is applied to what they wrote.
      if (done) return { person, revision };
    }
  }

  /** Removes a person. Throws `not_found` or `precondition_failed`. */
  async remove(uid: string, expected: number | undefined): Promise<void> {
    const condition = expected === undefined ? '' : ' AND revision = ?';
    const values = expected === undefined ? [uid] : [uid, expected];
    const { done } = await this.#database.batch([
      must(sql(`DELETE FROM person WHERE uid = ?${condition}`, ...values)),
      ...changeStatements([uid]),
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
    const person = completePerson(draft, before.uid, await this.names());
    await this.#refuseForeignRoles(person);
    if (
      person.persona !== null &&
      person.persona !== before.persona &&
      (await this.findPersona(person.persona))
    )
      throw errors.personExists(`persona ${person.persona}`);
    return person;
  }

  /** Names of organisations by code. */
  async names(): Promise<Map<string, string>> {
    return new Map((await this.organisations()).map(({ code, name }) => [code, name]));
  }

  /** A role profile id belongs to one person. */
  async #refuseForeignRoles(person: Person): Promise<void> {
    for (const [index, { roleId }] of person.roles.entries()) {
      const other = await this.#database.get<{ uid: string }>(
        sql(
          'SELECT uid FROM person WHERE uid <> ? AND body LIKE ? LIMIT 1',
          person.uid,
          `%"roleId":"${roleId}"%`,
        ),
      );
      if (!other) continue;
      const field = `roles.${index}.roleId`;
      throw errors.personInvalid(`${field} belongs to ${other.uid}`, {
        field,
        problem: 'belongs to another person',
      });
    }
  }
}
