import type { Output } from '../command.ts';
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

/** Prints the results for people: a passed check in one line, the others with all details. */
export function show(results: readonly Result[], out: Output): void {
  for (const { outcome, name, did, expected, got, source } of results) {
    out.line(`${marks[outcome]}${name}: ${got}`);
    if (outcome === 'passed') continue;
    out.line(`          done:     ${did}`);
    out.line(`          expected: ${expected}`);
    out.line(`          source:   ${source}`);
  }
  const { passed, failed, warning, notRun } = countsOf(results);
  out.line('');
  out.line(
    `${passed} passed, ${failed} failed, ${warning} ${warning === 1 ? 'warning' : 'warnings'}, ${notRun} not run.`,
  );
}
