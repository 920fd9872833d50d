import { type Database, type Statement, sql } from '../../storage/database.ts';
import { computed, flag, integer, nullable, row, text } from '../../storage/row.ts';
import type { ChangesAnswer } from '../protocol.ts';

/** Number of stored changes, and of changes in a response. */
const kept = 10_000;
const most = 1_000;
/** Number of notes about the people who were added or changed last. */
const keptLatest = 200;

const changeRow = row('person_change', { seq: integer, uid: text, gone: flag });
const lastRow = row('person_change', { seq: computed(nullable(integer)) });

/** A person or a card of sessions, as the column of `cis_session`. */
export type GroundKind = 'uid' | 'card_serial';

/** Returns the statement that notes a change that may end the sessions of a person or a card, for the batch of the change. */
export const groundStatement = (kind: GroundKind, value: string): Statement =>
  sql(
    `INSERT INTO session_ground (kind, value, noted_at) VALUES (?, ?, 0)
     ON CONFLICT (kind, value) DO UPDATE SET noted_at = 0`,
    kind,
    value,
  );

/** Returns the statements that make these people the ones who were added or changed last. */
export const latestStatements = (uids: readonly string[]): Statement[] => [
  ...uids.slice(-keptLatest).map((uid) => sql('INSERT INTO person_latest (uid) VALUES (?)', uid)),
  sql('DELETE FROM person_latest WHERE seq <= (SELECT MAX(seq) FROM person_latest) - ?', keptLatest),
];

/** A person who was changed or removed. */
export interface PersonChange {
  uid: string;
  /** The person is disabled or removed now. */
  gone: boolean;
}

/** Returns the statements that note changed or removed people, for other services and for sessions, for the batch of the change. */
export const changeStatements = (changes: readonly PersonChange[]): Statement[] => [
  ...changes.map(({ uid, gone }) =>
    sql('INSERT INTO person_change (uid, gone) VALUES (?, ?)', uid, gone ? 1 : 0),
  ),
  ...changes.map(({ uid }) => groundStatement('uid', uid)),
  sql('DELETE FROM person_change WHERE seq <= (SELECT MAX(seq) FROM person_change) - ?', kept),
];

/** Returns the people who changed after this number, oldest first; without one, only the current number. */
export async function changesAfter(database: Database, after: number | undefined): Promise<ChangesAnswer> {
  const changes =
    after === undefined
      ? []
      : await database.all(
          sql('SELECT seq, uid, gone FROM person_change WHERE seq > ? ORDER BY seq LIMIT ?', after, most),
          changeRow,
        );
  const last =
    changes.at(-1) ?? (await database.get(sql('SELECT MAX(seq) AS seq FROM person_change'), lastRow));
  const gone = changes.filter((change) => change.gone);
  return {
    uids: [...new Set(changes.map(({ uid }) => uid))],
    gone: [...new Set(gone.map(({ uid }) => uid))],
    last: last?.seq ?? 0,
  };
}
