import type { Metrics } from '@alongside/kernel/metrics';
import type { Database } from '../../storage/database.ts';
import type { Series } from './series.ts';

/** Returns a database that measures its operations. Reads of rows that may be cached are not among them. */
export function measuredDatabase(database: Database, metrics: Metrics<Series>): Database {
  function timed<R>(operation: string, running: Promise<R>): Promise<R> {
    const began = performance.now();
    const done = () =>
      metrics.observe('alongside_db_duration_seconds', { operation }, (performance.now() - began) / 1000);
    running.then(done, done);
    return running;
  }
  const { dialect, description } = database;
  return {
    dialect,
    description,
    all: (statement, shape) =>
      statement.caches ? database.all(statement, shape) : timed('read', database.all(statement, shape)),
    get: (statement, shape) =>
      statement.caches ? database.get(statement, shape) : timed('read', database.get(statement, shape)),
    stampOf: (tables) => database.stampOf(tables),
    batch: (statements, options) => timed('write', database.batch(statements, options)),
    run: (statement) => timed('write', database.run(statement)),
    durable() {
      const syncing = database.durable();
      return syncing && timed('sync', syncing);
    },
    untilSynced: () => database.untilSynced(),
    onForeignChange: (listener) => database.onForeignChange(listener),
    healthy: () => database.healthy(),
    ...(database.pool ? { pool: () => database.pool?.() ?? { used: 0, idle: 0, waiting: 0 } } : {}),
    close: () => database.close(),
  };
}
