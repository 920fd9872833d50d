import type { Expansion } from '../migration.ts';
import { announcedTables } from './0017-announced-changes.ts';
import { announcedRevocations, revocations } from './0022-token-grants.ts';
import { announcedDefinitions } from './0025-api-definitions.ts';
import { announcedKeys } from './0037-announced-keys.ts';

const counting = (table: string, event: string) => ({
  sqlite: `CREATE TRIGGER announce_${table}_${event.slice(0, 6).toLowerCase()} AFTER ${event} ON ${table}
    BEGIN UPDATE table_change SET count = count + 1 WHERE name = '${table}'; END`,
});

const wholly = [...announcedTables, ...announcedDefinitions, ...announcedKeys];

/**
 * Counts the changes of the tables that PostgreSQL announces, for other processes on the same SQLite file: a commit that changes none of
 * them leaves their cached rows valid.
 */
export const tableChanges: Expansion = {
  adds: [
    { sqlite: 'CREATE TABLE table_change (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID' },
    {
      sqlite: `INSERT INTO table_change (name, count) VALUES ${[...wholly, ...announcedRevocations]
        .map((table) => `('${table}', 0)`)
        .join(', ')}`,
    },
    ...wholly.flatMap((table) => ['INSERT', 'UPDATE', 'DELETE'].map((event) => counting(table, event))),
    ...announcedRevocations.flatMap((table) => [
      counting(table, `UPDATE OF ${revocations[table]}`),
      counting(table, 'DELETE'),
    ]),
  ],
};
