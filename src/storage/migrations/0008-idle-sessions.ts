/** Sessions of CIS2 that end when nobody uses them: when, in milliseconds; null for those that somebody else watches. */
export const idleSessions: readonly string[] = [
  'ALTER TABLE cis2_session ADD COLUMN idle_at BIGINT',
  'CREATE INDEX cis2_session_idle ON cis2_session (idle_at) WHERE ended_at IS NULL',
  'CREATE INDEX cis2_session_end ON cis2_session (ends_at) WHERE ended_at IS NULL',
];
