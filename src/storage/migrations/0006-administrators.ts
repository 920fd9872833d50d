/** Administrators of the console in production, with their passkeys and sessions. Times are milliseconds. */
export const administrators: readonly string[] = [
  `CREATE TABLE administrator (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
  )`,
  // By the id of the WebAuthn credential.
  `CREATE TABLE administrator_key (
    id TEXT PRIMARY KEY,
    administrator_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    counter BIGINT NOT NULL,
    used_at BIGINT NOT NULL
  )`,
  'CREATE INDEX administrator_key_owner ON administrator_key (administrator_id)',
  `CREATE TABLE administrator_session (
    hash TEXT PRIMARY KEY,
    administrator_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
  )`,
  'CREATE INDEX administrator_session_owner ON administrator_session (administrator_id)',
];
