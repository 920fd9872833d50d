/** Regular work: its leases, and the indexes for its rows. Times are milliseconds. */
export const regularWork: readonly string[] = [
  `CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL
  )`,

  'CREATE INDEX cis_session_end ON cis_session (ends_at) WHERE ended_at IS NULL',
  'CREATE INDEX cis_session_ended ON cis_session (ended_at) WHERE ended_at IS NOT NULL',
  'CREATE INDEX cis_session_uid ON cis_session (uid) WHERE ended_at IS NULL',
  'CREATE INDEX cis_session_card ON cis_session (card_serial) WHERE ended_at IS NULL',
  'CREATE INDEX agent_seen ON agent (seen_at)',
  'CREATE INDEX refused_at ON refused (at)',
  // Only pending notifications of CIS2: no other value needs this index.
  "CREATE INDEX single_use_promised ON single_use (expires_at) WHERE kind = 'cis2-ended' AND used_at IS NULL",

  // People and cards that may no longer have a session, written in the batch that changes them.
  `CREATE TABLE session_ground (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (kind, value)
  )`,
  'CREATE INDEX session_ground_noted ON session_ground (noted_at)',

  // The authenticator of the session, to find sessions of a removed authenticator without reading the others.
  "ALTER TABLE cis2_session ADD COLUMN issuer TEXT NOT NULL DEFAULT ''",
  "ALTER TABLE cis2_session ADD COLUMN authenticator TEXT NOT NULL DEFAULT ''",
  `UPDATE cis2_session SET issuer = COALESCE({issuer of body}, ''), authenticator = COALESCE({authenticator of body}, '')
   WHERE ended_at IS NULL`,
  'CREATE INDEX cis2_session_authenticator ON cis2_session (issuer, authenticator) WHERE ended_at IS NULL',
];
