import { median } from '../usage.ts';
import { type Figure, figures, type Sample } from './samples.ts';

/** A figure at the beginning and at the end of a run. */
export interface Verdict extends Figure {
  /** Median of the second quarter: the first one warms up. */
  readonly before: number;
  /** Median of the last quarter. */
  readonly after: number;
  readonly limit: number;
  readonly isFlat: boolean;
}

/** Compares the last quarter of a run with its second one, figure by figure. */
export function verdictsOf(samples: readonly Sample[]): Verdict[] {
  const quarter = Math.floor(samples.length / 4);
  const valuesOf = (part: readonly Sample[], n: number) => median(part.map(({ values }) => values[n] ?? 0));
  return figures.map((figure, n) => {
    const before = valuesOf(samples.slice(quarter, 2 * quarter), n);
    const after = valuesOf(samples.slice(samples.length - quarter), n);
    const limit = before * (1 + figure.part) + figure.amount;
    return { ...figure, before, after, limit, isFlat: quarter > 0 && after <= limit };
  });
}
