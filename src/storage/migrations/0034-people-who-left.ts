import type { Expansion } from '../migration.ts';

/** Whether the change disabled or removed the person, who may be enabled again before other services look. */
export const peopleWhoLeft: Expansion = {
  adds: ['ALTER TABLE person_change ADD COLUMN gone INTEGER NOT NULL DEFAULT 0'],
};
