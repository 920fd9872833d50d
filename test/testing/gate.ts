import { type Database, sql } from '../../src/storage/database.ts';
import { connectDatabase } from '../../src/storage/dialects.ts';

/** Holds writes to a table of PostgreSQL, so that two transactions meet at one place, whatever their times. */
export interface Gate {
  close(): Promise<unknown>;
  open(): Promise<unknown>;
  /** Resolves when this many transactions wait for a lock, or one of the requests has its response. */
  untilWaiting(count: number, ...requests: Promise<unknown>[]): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Creates a gate, open.
 * @param setting of the database
 * @param when `BEFORE UPDATE ON single_use`
 */
export async function createGate(setting: string, when: string): Promise<Gate> {
  // With one connection, to which its lock belongs.
  const gate: Database = await connectDatabase(setting, '', { connections: 1 });
  await gate.run(
    sql(`CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN COALESCE(NEW, OLD); END $$`),
  );
  await gate.run(sql(`CREATE TRIGGER gate ${when} FOR EACH ROW EXECUTE FUNCTION wait_at_gate()`));
  const waiting = sql(
    "SELECT 1 AS one FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'",
  );
  return {
    close: () => gate.run(sql('SELECT pg_advisory_lock(1)')),
    open: () => gate.run(sql('SELECT pg_advisory_unlock(1)')),
    async untilWaiting(count, ...requests) {
      let isDone = false;
      for (const request of requests)
        void request.finally(() => {
          isDone = true;
        });
      while (!isDone && (await gate.all(waiting)).length < count) await new Promise(setImmediate);
    },
    remove: () => gate.close(),
  };
}
