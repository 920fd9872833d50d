import type { Expansion } from '../migration.ts';

/**
 * On PostgreSQL, a statement sees the data as of its start, so its condition misses a note that is just being committed, and who
 * wrote the note does not see its rows. This condition waits for the writer of the note, who waits for its transaction in turn.
 * After the lock, the second query of the function sees what is committed by then.
 */
export const waitingConditions: Expansion = {
  adds: [
    {
      postgres: `CREATE FUNCTION alongside_noted(of_kind TEXT, of_hash TEXT, since BIGINT, until BIGINT) RETURNS BOOLEAN
      LANGUAGE plpgsql VOLATILE AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(of_kind || of_hash, 0));
        RETURN EXISTS (SELECT 1 FROM single_use
          WHERE kind = of_kind AND hash = of_hash AND created_at > since AND created_at <= until);
      END $$`,
    },
  ],
};
