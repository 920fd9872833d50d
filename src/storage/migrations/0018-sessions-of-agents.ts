/** Finds the live sessions of other users from an agent without reading those of its user. */
export const sessionsOfAgents: readonly string[] = [
  'DROP INDEX cis2_session_agent',
  `CREATE INDEX cis2_session_agent_uid ON cis2_session (agent_id, uid)
   WHERE ended_at IS NULL AND agent_id IS NOT NULL`,
];
