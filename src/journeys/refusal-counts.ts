import { type Database, sql, type Value } from '../storage/database.ts';
import { computed, integer, row, text } from '../storage/row.ts';
import { journeyPeriods, type RefusalCounts, type RefusalFilter } from './model.ts';

/** The most refusals that are counted, the newest of the period: their index entries are read for each count. */
export const maxCounted = 20_000;
/** Characters of the words of a refused message in which the first one ends; ids of errors are shorter. */
export const longestCause = 64;

const minute = 60_000;
const widths = { hour: 5 * minute, day: 60 * minute, week: 360 * minute } as const;

const countRow = row('message', {
  bucket: computed(integer),
  words: computed(text),
  count: computed(integer),
});
const timeRow = row('message', { at: integer });

const firstWord = (words: string): string => words.trimStart().split(' ', 1)[0] ?? '';

/** Counts the refused and failed messages of a period by time and cause. */
export async function countRefusals(
  database: Database,
  now: number,
  { period, application }: RefusalFilter,
): Promise<RefusalCounts> {
  const width = widths[period];
  const last = Math.floor(now / width);
  const earliest = last - journeyPeriods[period] / width + 1;
  const refused = (columns: string, end: string) =>
    `SELECT ${columns} FROM message WHERE refusal IS NOT NULL AND at >= ? AND at < ? ORDER BY at DESC ${end}`;
  const within: readonly Value[] = [earliest * width, (last + 1) * width];
  const beyond = await database.get(sql(refused('at', `LIMIT 1 OFFSET ${maxCounted}`), ...within), timeRow);
  const ofApplication =
    application === undefined
      ? { join: '', values: [] }
      : {
          join: 'JOIN journey ON journey.id = refused.journey WHERE journey.application = ?',
          values: [application],
        };
  // A literal width: both databases then divide integers.
  const rows = await database.all(
    sql(
      `SELECT refused.at / ${width} AS bucket, substr(refused.refusal, 1, ${longestCause}) AS words, COUNT(*) AS count
       FROM (${refused('at, journey, refusal', `LIMIT ${maxCounted}`)}) AS refused ${ofApplication.join} GROUP BY 1, 2`,
      ...within,
      ...ofApplication.values,
    ),
    countRow,
  );
  const first = beyond ? Math.floor(beyond.at / width) : earliest;
  return {
    from: first * width,
    width,
    buckets: last - first + 1,
    uncounted: beyond?.at,
    counted: rows.map(({ bucket, words, count }) => ({
      bucket: bucket - first,
      cause: firstWord(words),
      count,
    })),
  };
}
