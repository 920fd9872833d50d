/** The person of each role profile: an id belongs to one person, and a change of one person reads no other. */
export const roleOwners: readonly string[] = [
  `CREATE TABLE person_role (
    role_id TEXT PRIMARY KEY,
    uid TEXT NOT NULL
  )`,
  'INSERT INTO person_role (role_id, uid) {roles of people} ON CONFLICT (role_id) DO NOTHING',
  'CREATE INDEX person_role_uid ON person_role (uid)',
];
