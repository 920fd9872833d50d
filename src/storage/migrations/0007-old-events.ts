/** Indexes for deleting old events and sessions. */
export const oldEvents: readonly string[] = [
  'CREATE INDEX journey_link_journey ON journey_link (journey)',
  'CREATE INDEX cis2_session_ended ON cis2_session (ended_at) WHERE ended_at IS NOT NULL',
];
