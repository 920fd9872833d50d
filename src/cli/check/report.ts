import type { Outcome } from './check.ts';
import type { Result } from './run.ts';

const marks: Record<Outcome, string> = {
  passed: 'passed  ',
  failed: 'FAILED  ',
  warning: 'warning ',
  notRun: 'not run ',
};

export type Counts = Record<Outcome, number>;

export function countsOf(results: readonly Result[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, warning: 0, notRun: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return counts;
}

/** Formats the results for people: a passed check in one line, the others with all details. */
export function reportLines(results: readonly Result[]): string[] {
  const { passed, failed, warning, notRun } = countsOf(results);
  return [
    ...results.flatMap(({ outcome, name, did, expected, got, source }) => [
      `${marks[outcome]}${name}: ${got}`,
      ...(outcome === 'passed'
        ? []
        : [`          done:     ${did}`, `          expected: ${expected}`, `          source:   ${source}`]),
    ]),
    '',
    `${passed} passed, ${failed} failed, ${warning} ${warning === 1 ? 'warning' : 'warnings'}, ${notRun} not run.`,
  ];
}
