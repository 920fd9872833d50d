import { type Database, type Statement, sql } from '../../storage/database.ts';
import { row, text } from '../../storage/row.ts';

const makerRow = row('officer_maker', { administrator_id: text });

const forgetStatement = (uid: string): Statement => sql('DELETE FROM officer_maker WHERE uid = ?', uid);

/**
 * Returns the writes that note who gave a person a position in the registration authority. The administrator who gives the first
 * one replaces those who gave positions that ended.
 * @param before what gave positions before the change
 * @param administrator undefined for a command on the machine, and in development
 */
export function madeStatements(
  uid: string,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  administrator: string | undefined,
): Statement[] {
  const isGained = [...after].some((grant) => !before.has(grant));
  const isNew = isGained && ![...after].some((grant) => before.has(grant));
  const ended = before.size > 0 && after.size === 0;
  return [
    ...(isNew || ended ? [forgetStatement(uid)] : []),
    ...(isGained && administrator !== undefined
      ? [
          sql(
            'INSERT INTO officer_maker (uid, administrator_id) VALUES (?, ?) ON CONFLICT (uid, administrator_id) DO NOTHING',
            uid,
            administrator,
          ),
        ]
      : []),
  ];
}

/** Returns the ids of the administrators who gave a person the present position. */
export async function makersOf(database: Database, uid: string): Promise<string[]> {
  const rows = await database.all(
    sql('SELECT administrator_id FROM officer_maker WHERE uid = ? ORDER BY administrator_id', uid),
    makerRow,
  );
  return rows.map((row) => row.administrator_id);
}
