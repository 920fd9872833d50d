import { type Database, sql } from '../../storage/database.ts';
import { columnOf, computed, integer, row } from '../../storage/row.ts';

/** Each counts the rows that are valid at the first time and no longer at the second. The names are those of the API. */
const counts = {
  deskSessions: 'SELECT COUNT(*) FROM cis_session WHERE ended_at IS NULL AND ends_at > ? AND ends_at <= ?',
  sessions:
    'SELECT COUNT(*) FROM cis2_session WHERE ended_at IS NULL AND COALESCE(idle_at, ends_at) > ? AND (ends_at <= ? OR idle_at <= ?)',
  codes: `SELECT COUNT(*) FROM single_use WHERE (kind = 'authorisation-code' OR kind LIKE 'cis2-code%') AND used_at IS NULL
    AND expires_at > ? AND expires_at <= ?`,
  accessTokens: `SELECT (SELECT COUNT(*) FROM token_grant WHERE revoked_at IS NULL AND access_revoked_at IS NULL AND generation = 0
      AND access_expires_at > ? AND access_expires_at <= ?)
    + (SELECT COUNT(*) FROM access_token t JOIN token_grant g ON g.id = t.grant_id AND g.part = t.grant_part
      WHERE t.revoked_at IS NULL AND g.revoked_at IS NULL AND g.generation = t.generation
      AND t.expires_at > ? AND t.expires_at <= ?)`,
  refreshTokens: `SELECT COUNT(*) FROM refresh_token t JOIN token_grant g ON g.id = t.grant_id AND g.part = t.grant_part
    WHERE t.revoked_at IS NULL AND t.used_at IS NULL AND g.revoked_at IS NULL AND t.expires_at > ? AND t.expires_at <= ?`,
  certificates:
    'SELECT COUNT(*) FROM certificate WHERE revoked_at IS NULL AND not_after > ? AND not_after <= ?',
};

/** The things that a move of the clock ends, by kind. */
export type ClockEffects = Record<keyof typeof counts, number>;

/** Returns a record with the same value for each kind. */
export const ofEachKind = <T>(value: T): Record<keyof ClockEffects, T> =>
  Object.fromEntries(Object.keys(counts).map((kind) => [kind, value])) as Record<keyof ClockEffects, T>;

const effectsRow = row('setting', ofEachKind(computed(integer)));

/** Counts what ends when the clock moves from one time to another. Nothing ends when it moves back. */
export async function clockEffects(database: Database, from: number, to: number): Promise<ClockEffects> {
  const values: number[] = [];
  const columns = Object.entries(counts).map(([name, text]) => {
    // The first mark of each comparison is the time before.
    const marked = text.replaceAll(/(>|<=) \?/g, (_, comparison: string) => {
      values.push(comparison === '>' ? from : to);
      return `${comparison} CAST(? AS BIGINT)`;
    });
    return `(${marked}) AS ${columnOf(name)}`;
  });
  const found = await database.get(sql(`SELECT ${columns.join(', ')}`, ...values), effectsRow);
  return { ...(found as ClockEffects) };
}
