import { z } from 'zod';
import { sql } from '../database.ts';
import type { DataMigration } from '../migration.ts';
import { type FoundPerson, keyStatements, knownNamesStatements } from '../person-keys.ts';
import { json, row, text } from '../row.ts';

const peopleAtOnce = 200;
const personRow = row('person', { uid: text, body: json(z.custom<FoundPerson>()) });

/** Search keys of people, clustered by scope and name, the known job roles, and the order in which people and cards were changed. */
export const peopleByName: DataMigration = {
  from: 'person',
  rowTime: { sqlite: 83, postgres: 190 },
  before: [
    `CREATE TABLE person_key (
      scope TEXT {byte order} NOT NULL,
      key TEXT {byte order} NOT NULL,
      uid TEXT {byte order} NOT NULL,
      PRIMARY KEY (scope, key, uid)
    ) {small rows}`,
    'CREATE TABLE person_latest (seq {sequence}, uid TEXT NOT NULL)',
    'CREATE TABLE job_role (code TEXT PRIMARY KEY, name TEXT NOT NULL, activities TEXT NOT NULL)',
    'ALTER TABLE card ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0',
    'UPDATE card SET changed_at = created_at',
    'CREATE INDEX card_changed ON card (changed_at)',
  ],
  async nextBatch(database, position) {
    const people = await database.all(
      sql(`SELECT uid, body FROM person WHERE uid > ? ORDER BY uid LIMIT ${peopleAtOnce}`, position),
      personRow,
    );
    const last = people.at(-1);
    if (!last) return undefined;
    const bodies = people.map(({ body }) => body);
    return {
      statements: [
        ...bodies.flatMap((person) => keyStatements(undefined, person)),
        ...knownNamesStatements(bodies),
      ],
      position: last.uid,
      count: people.length,
    };
  },
  after: [],
};
