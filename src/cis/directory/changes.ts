import { type Database, type Row, type Statement, sql } from '../../storage/database.ts';
import type { ChangesAnswer } from '../protocol.ts';
import { groundStatement } from '../sessions/grounds.ts';

/** So many are kept, and given at once. */
const kept = 10_000;
const most = 1_000;

/** The writes that note who was changed or removed, for the batch that does it: for other services, and for sessions here. */
export const changeStatements = (uids: readonly string[]): Statement[] => [
  ...uids.map((uid) => sql('INSERT INTO person_change (uid) VALUES (?)', uid)),
  ...uids.map((uid) => groundStatement('uid', uid)),
  sql('DELETE FROM person_change WHERE seq <= (SELECT MAX(seq) FROM person_change) - ?', kept),
];

/** Who was changed after this number, oldest first; without one, only the number of now. */
export async function changesAfter(database: Database, after: number | undefined): Promise<ChangesAnswer> {
  const rows =
    after === undefined
      ? []
      : await database.all<Row>(
          sql('SELECT seq, uid FROM person_change WHERE seq > ? ORDER BY seq LIMIT ?', after, most),
        );
  const last = rows.at(-1) ?? (await database.get(sql('SELECT MAX(seq) AS seq FROM person_change')));
  return { uids: [...new Set(rows.map(({ uid }) => String(uid)))], last: Number(last?.seq ?? 0) };
}
