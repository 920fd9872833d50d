/** Changed and removed people of the directory in order, for services that keep data about them. */
export const directoryChanges: readonly string[] = [
  `CREATE TABLE person_change (
    seq {sequence},
    uid TEXT NOT NULL
  )`,
  'CREATE INDEX cis2_session_live ON cis2_session (uid) WHERE ended_at IS NULL',
];
