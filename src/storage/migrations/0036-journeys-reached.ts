import type { Expansion } from '../migration.ts';

/**
 * The further applications that a sign-out reached: its journey has the first one. `started_at` is that of the journey when the
 * application was added, so that the newest of an application are found in order.
 */
export const journeysReached: Expansion = {
  adds: [
    `CREATE TABLE journey_reached (
      journey TEXT NOT NULL,
      application TEXT NOT NULL,
      started_at BIGINT NOT NULL,
      PRIMARY KEY (journey, application)
    ) {small rows}`,
    'CREATE INDEX journey_reached_newest ON journey_reached (application, started_at, journey)',
  ],
};
