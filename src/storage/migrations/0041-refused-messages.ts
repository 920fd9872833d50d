import type { Expansion } from '../migration.ts';

/**
 * The words by which a refused message is found: its error, code, status, path and headline. One index has them all, newest first, so
 * that a search reads no row of another message. Messages that succeeded have none, and no entry.
 */
export const refusedMessages: Expansion = {
  adds: [
    'ALTER TABLE message ADD COLUMN refusal TEXT',
    'CREATE INDEX message_refused ON message (at, journey, refusal) WHERE refusal IS NOT NULL',
  ],
};
