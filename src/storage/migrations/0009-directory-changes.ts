/** Who of the directory was changed or removed, in order: what those follow who keep something of people. */
export const directoryChanges: readonly string[] = [
  `CREATE TABLE person_change (
    seq {sequence},
    uid TEXT NOT NULL
  )`,
  'CREATE INDEX cis2_session_live ON cis2_session (uid) WHERE ended_at IS NULL',
];
