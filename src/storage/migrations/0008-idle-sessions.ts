/** Time at which an unused CIS2 session ends, in milliseconds; null if the workstation watches it. */
export const idleSessions: readonly string[] = [
  'ALTER TABLE cis2_session ADD COLUMN idle_at BIGINT',
  'CREATE INDEX cis2_session_idle ON cis2_session (idle_at) WHERE ended_at IS NULL',
  'CREATE INDEX cis2_session_end ON cis2_session (ends_at) WHERE ended_at IS NULL',
];
