import { insertStatement } from './batches.ts';
import { type Statement, sql } from './database.ts';

/** The members of a stored person by which people are found. */
export interface FoundPerson {
  uid: string;
  givenName: string;
  middleNames: string;
  familyName: string;
  organisations: readonly { orgCode: string; orgName: string }[];
  roles: readonly {
    orgCode: string;
    roleCode: string;
    roleName: string;
    activities: readonly { name: string; code: string }[];
  }[];
}

/** By which name a key is ordered. */
export type NameOrder = 'family' | 'given';

/** A row of `person_key` without its uid. */
interface PersonKey {
  scope: string;
  key: string;
}

/** Returns a name as keys contain it: lower case, without accents and apostrophes, with single spaces. */
export const searchKey = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\p{M}'’.]/gu, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** Returns the job role of a role code: `R8001` of `S8000:G8000:R8001`. */
export const jobRoleOf = (roleCode: string): string => roleCode.split(':').at(-1) ?? roleCode;

/** Returns the scope of the keys of those who have a role at an organisation; of everybody without both. */
export const scopeOf = (order: NameOrder, organisation = '', jobRole = ''): string =>
  `${order}${organisation && ` at ${organisation}`}${jobRole && ` as ${jobRole}`}`;

/** Returns the keys of a person in the order of family or given name. */
export const nameKeyOf = (
  { familyName, givenName, middleNames }: Pick<FoundPerson, 'familyName' | 'givenName' | 'middleNames'>,
  order: NameOrder,
): string =>
  searchKey(
    (order === 'family' ? [familyName, givenName, middleNames] : [givenName, middleNames, familyName]).join(
      ' ',
    ),
  );

/** Returns every key of a person: each name order, for everybody and for each organisation, role and role at an organisation. */
function keysOf(person: FoundPerson): PersonKey[] {
  const keys = new Map<string, PersonKey>();
  for (const order of ['family', 'given'] as const) {
    const key = nameKeyOf(person, order);
    const add = (organisation?: string, jobRole?: string) => {
      const scope = scopeOf(order, organisation, jobRole);
      keys.set(scope, { scope, key });
    };
    add();
    for (const { orgCode } of person.organisations) add(orgCode);
    for (const { orgCode, roleCode } of person.roles) {
      add(orgCode);
      add('', jobRoleOf(roleCode));
      add(orgCode, jobRoleOf(roleCode));
    }
  }
  return [...keys.values()];
}

const missingRowsStatement = (statement: Statement): Statement => ({
  ...statement,
  text: `${statement.text} ON CONFLICT DO NOTHING`,
});

/** Returns the statements that replace the keys of a person: undefined before they are added, or after they are removed. */
export function keyStatements(before: FoundPerson | undefined, after: FoundPerson | undefined): Statement[] {
  const [old, now] = [before ? keysOf(before) : [], after ? keysOf(after) : []];
  const has = (keys: readonly PersonKey[], { scope, key }: PersonKey) =>
    keys.some((other) => other.scope === scope && other.key === key);
  const added = now.filter((key) => !has(old, key));
  return [
    ...old
      .filter((key) => !has(now, key))
      .map(({ scope, key }) =>
        sql('DELETE FROM person_key WHERE scope = ? AND key = ? AND uid = ?', scope, key, before?.uid ?? ''),
      ),
    ...(added.length > 0
      ? [
          missingRowsStatement(
            insertStatement(
              'person_key',
              ['scope', 'key', 'uid'],
              added.map(({ scope, key }) => [scope, key, after?.uid ?? '']),
            ),
          ),
        ]
      : []),
  ];
}

/** Returns the statements that make the organisations and job roles of these people known, each once. */
export function knownNamesStatements(people: readonly FoundPerson[]): Statement[] {
  const organisations = new Map(
    people.flatMap(({ organisations }) => organisations.map(({ orgCode, orgName }) => [orgCode, orgName])),
  );
  const roles = new Map(people.flatMap(({ roles }) => roles.map((role) => [role.roleCode, role])));
  return [
    ...[...organisations].map(([code, name]) =>
      sql('INSERT INTO organisation (code, name) VALUES (?, ?) ON CONFLICT (code) DO NOTHING', code, name),
    ),
    ...[...roles].map(([code, { roleName, activities }]) =>
      sql(
        'INSERT INTO job_role (code, name, activities) VALUES (?, ?, ?) ON CONFLICT (code) DO NOTHING',
        code,
        roleName,
        JSON.stringify(activities),
      ),
    ),
  ];
}
