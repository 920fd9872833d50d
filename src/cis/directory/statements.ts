import { must, type Statement, sql } from '../../storage/database.ts';
import type { Person } from '../protocol.ts';

/** Returns the statement that adds a person unless the uid or the persona is taken. */
export const personStatement = (person: Person): Statement =>
  sql(
    'INSERT INTO person (uid, persona, body, revision) VALUES (?, ?, ?, 1) ON CONFLICT DO NOTHING',
    person.uid,
    person.persona,
    JSON.stringify(person),
  );

const roleIdsOf = (person: Person | undefined): string[] => (person?.roles ?? []).map(({ roleId }) => roleId);

/** Returns the statements that free role profiles of a person. They must precede `takeRolesStatements` for other people. */
export const freeRolesStatements = (before: Person, after: Person): Statement[] => {
  const left = new Set(roleIdsOf(after));
  return roleIdsOf(before)
    .filter((roleId) => !left.has(roleId))
    .map((roleId) => sql('DELETE FROM person_role WHERE role_id = ? AND uid = ?', roleId, before.uid));
};

/** Returns the statements that give a person new role profiles. They fail the batch if one belongs to another person. */
export const takeRolesStatements = (before: Person | undefined, after: Person): Statement[] => {
  const had = new Set(roleIdsOf(before));
  return roleIdsOf(after)
    .filter((roleId) => !had.has(roleId))
    .map((roleId) =>
      must(
        sql(
          `INSERT INTO person_role (role_id, uid) VALUES (?, ?)
           ON CONFLICT (role_id) DO UPDATE SET uid = excluded.uid WHERE person_role.uid = excluded.uid`,
          roleId,
          after.uid,
        ),
      ),
    );
};
