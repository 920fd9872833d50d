import { type ErrorEntry, knownErrors } from '@alongside/kernel/errors';
import { z } from 'zod';
import { isHarmless } from '../../journeys/delta.ts';
import type { RefusalCounts } from '../../journeys/model.ts';
import { viewOfEntry } from './catalogue.ts';

/** The most causes that are shown apart. */
const maxCauses = 5;

const counts = z.array(z.number()).describe('Their number in each bucket, the oldest first');

export const refusalCauses = z
  .strictObject({
    from: z.iso.datetime().describe('The beginning of the first bucket'),
    bucketSeconds: z.number(),
    uncounted: z.iso
      .datetime()
      .nullable()
      .describe(
        'Older refusals were too many to count, from this time back; null if all of the period are counted',
      ),
    count: z.number(),
    counts,
    causes: z
      .array(
        z.strictObject({
          cause: z
            .string()
            .nullable()
            .describe('The id of an error, or the status of a failure without one; null: all others'),
          headline: z.string(),
          count: z.number(),
          counts,
        }),
      )
      .describe('The most frequent first, all others last'),
  })
  .meta({ id: 'RefusalCauses' });
export type RefusalCauses = z.output<typeof refusalCauses>;
type Cause = RefusalCauses['causes'][number];

function named(cause: string, entry: ErrorEntry | undefined): Pick<Cause, 'cause' | 'headline'> {
  if (entry) return { cause: entry.id, headline: viewOfEntry(entry).headline };
  if (/^\d{3}$/.test(cause)) return { cause, headline: `Failed with ${cause}` };
  // The id of another version.
  return { cause, headline: cause };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/**
 * Returns the most frequent causes with their counts over time. The rest is one cause, the last one, also where its number is larger.
 * Answers that are nobody's fault are left out.
 */
export function causesOf({ from, width, buckets, uncounted, counted }: RefusalCounts): RefusalCauses {
  // Stored causes are in lower case.
  const entries = new Map([...knownErrors.values()].map((entry) => [entry.id.toLowerCase(), entry]));
  const byCause = new Map<string, number[]>();
  const all = new Array<number>(buckets).fill(0);
  for (const { bucket, cause, count } of counted) {
    if (all[bucket] === undefined || isHarmless({ refusal: { error: cause } })) continue;
    const own = byCause.get(cause) ?? new Array<number>(buckets).fill(0);
    byCause.set(cause, own);
    own[bucket] = (own[bucket] ?? 0) + count;
    all[bucket] += count;
  }
  const sorted = [...byCause].sort(
    ([one, its], [other, others]) => sum(others) - sum(its) || one.localeCompare(other),
  );
  // A single further cause takes no more room than "Other causes".
  const apart = sorted.length === maxCauses + 1 ? sorted.length : maxCauses;
  const rest = sorted.slice(apart);
  const causes = sorted
    .slice(0, apart)
    .map(([cause, its]) => ({ ...named(cause, entries.get(cause)), count: sum(its), counts: its }));
  const others = all.map((_, bucket) => sum(rest.map(([, its]) => its[bucket] ?? 0)));
  return {
    from: new Date(from).toISOString(),
    bucketSeconds: width / 1_000,
    uncounted: uncounted === undefined ? null : new Date(uncounted).toISOString(),
    count: sum(all),
    counts: all,
    causes:
      rest.length === 0
        ? causes
        : [
            ...causes,
            { cause: null, headline: `${rest.length} other causes`, count: sum(others), counts: others },
          ],
  };
}
